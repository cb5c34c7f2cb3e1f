/*
 * What a process holds: life URL CYCLES CONTEXTS. Connects, publishes the built-in clip and disconnects, CYCLES times with a context of
 * its own each, and then with CONTEXTS contexts at once, ten times. Memory, descriptors and threads stay as they are after the first tenth.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <string.h>

#include "check.h"

struct held {
    long kib, descriptors, threads;
};

static struct held measure(const char *when)
{
    struct held held = {0, 0, 0};
    char        line[256];
    FILE       *status = fopen("/proc/self/status", "r");
    DIR        *folder = opendir("/proc/self/fd");
    CHECK(status != NULL && folder != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmRSS: %ld", &held.kib);
        sscanf(line, "Threads: %ld", &held.threads);
    }
    while (readdir(folder) != NULL)
        held.descriptors++;
    fclose(status);
    closedir(folder);
    printf("%-26s %6ld KiB, %ld descriptors, %ld threads\n", when, held.kib, held.descriptors, held.threads);
    return held;
}

static void begin(rtmp_ctx_t *ctx, const char *url)
{
    CHECK(rtmp_init(ctx) == RTMP_OK && rtmp_set_url(ctx, url) == RTMP_OK);
    CHECK(rtmp_start(ctx) == RTMP_OK && rtmp_connect(ctx) == RTMP_OK);
}

static void await_picture(rtmp_ctx_t *ctx)
{
    rtmp_stats_t stats;
    do {
        CHECK(rtmp_get_state(ctx) != RTMP_STATE_ERROR);
        pause_ms(1);
        CHECK(rtmp_get_stats(ctx, &stats) == RTMP_OK);
    } while (stats.video_frames_sent == 0);
}

static void require_flat(struct held before, struct held after, long least)
{
    const long slack = 8 << 10; /* KiB */
    CHECK(least <= before.kib + slack);
    CHECK(after.descriptors <= before.descriptors);
    CHECK(after.threads <= before.threads + 4); /* the runtime makes threads as they are needed, and keeps them */
}

int main(int argc, char **argv)
{
    int         i, round, cycles, contexts;
    rtmp_ctx_t *all;
    long        least = 0;
    struct held before = {0, 0, 0}, after;
    CHECK(argc == 4);
    cycles = atoi(argv[2]);
    contexts = atoi(argv[3]);
    CHECK(cycles >= 10 && contexts > 0);
    all = (rtmp_ctx_t *)calloc((size_t)contexts, sizeof *all);
    CHECK(all != NULL);

    for (i = 0; i < cycles; i++) {
        begin(all, argv[1]);
        await_picture(all);
        CHECK(rtmp_disconnect(all) == RTMP_OK && rtmp_deinit(all) == RTMP_OK);
        if (i == cycles / 10)
            before = measure("after a tenth of the cycles");
    }
    after = measure("after all of them");
    require_flat(before, after, after.kib);

    for (round = 0; round < 10; round++) {
        for (i = 0; i < contexts; i++)
            begin(&all[i], argv[1]);
        for (i = 0; i < contexts; i++)
            await_picture(&all[i]);
        if (round == 0)
            measure("all contexts publish");
        for (i = 0; i < contexts; i++)
            CHECK(rtmp_deinit(&all[i]) == RTMP_OK);
        after = measure("after a round");
        if (round == 0)
            before = after;
        if (round == 5 || (round > 5 && after.kib < least))
            least = after.kib; /* the collector gives back what it does not need, and not at once */
    }
    require_flat(before, after, least);
    free(all);
    return 0;
}
