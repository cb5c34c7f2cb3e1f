/*
 * Ends contexts whose server takes nothing, one after the other, and last one whose server listens: ends COUNT STALLED GOOD.
 * All of them together take half a second. The last one's goodbye is the library's business: main returns at once.
 */
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "check.h"

static const uint8_t head[] = {0, 0, 0, 1, 0x67, 0x4d, 0x40, 0x1f, 0xa6, 0x11, 0x02, 0x80, 0xbf, 0xe5, 0xc0, 0x44, 0, 0, 3, 0, 4, 0,
                               0, 3, 0, 0xc8, 0x3c, 0x60, 0xc8, 0x46, 0, 0, 0, 1, 0x68, 0xe8, 0x43, 0x32, 0xc8, 0, 0, 0, 1, 0x65, 0x88};

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void begin(rtmp_ctx_t *ctx, const char *url)
{
    CHECK(rtmp_init(ctx) == RTMP_OK && rtmp_set_source(ctx, "none") == RTMP_OK && rtmp_set_url(ctx, url) == RTMP_OK);
    CHECK(rtmp_set_option(ctx, "queue_bytes", "60000000") == RTMP_OK && rtmp_connect(ctx) == RTMP_OK);
}

int main(int argc, char **argv)
{
    const uint32_t size = 1000000;
    uint8_t       *frame = (uint8_t *)malloc(size);
    rtmp_ctx_t    *all, good;
    rtmp_info_t    info;
    uint32_t       k;
    int            i, count;
    long           began, took;

    CHECK(argc == 4 && frame != NULL);
    count = atoi(argv[1]);
    all = (rtmp_ctx_t *)calloc((size_t)count, sizeof *all);
    CHECK(all != NULL);
    memset(frame, 'x', size);
    memcpy(frame, head, sizeof head);
    begin(&good, argv[3]);
    for (i = 0; i < count; i++)
        begin(&all[i], argv[2]);
    for (i = 0; i < count; i++) {
        AWAIT(rtmp_get_state(&all[i]) == RTMP_STATE_PUBLISHING);
        for (k = 0; k < 7; k++)
            CHECK(rtmp_send_nalu(&all[i], frame, size, k * 40) == RTMP_OK);
        CHECK(rtmp_get_info(&all[i], &info) == RTMP_OK && info.queue_bytes > 0);
    }
    AWAIT(rtmp_get_state(&good) == RTMP_STATE_PUBLISHING);
    CHECK(rtmp_send_nalu(&good, frame, 10000, 0) == RTMP_OK);

    began = now_ms();
    for (i = 0; i < count; i++)
        CHECK(rtmp_deinit(&all[i]) == RTMP_OK);
    CHECK(rtmp_deinit(&good) == RTMP_OK);
    took = now_ms() - began;
    printf("%d contexts ended in %ld ms\n", count + 1, took);
    CHECK(took < 3000); /* half a second, on a machine that is not busy */
    memset(all, 0xDD, (size_t)count * sizeof *all);
    memset(&good, 0xDD, sizeof good);
    free(all);
    free(frame);
    return 0;
}
