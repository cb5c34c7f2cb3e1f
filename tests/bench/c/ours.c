/*
 * This library from C, fed with Annex B. It never waits for the network itself, so the program does when pictures wait: every few
 * pictures it looks, and goes on when all have been taken. A further argument, a number: goes on when no more than so many wait, so
 * that there always is a backlog.
 */
#include "ours.h"

enum { LOOK = 64 }; /* pictures between two looks */

int main(int argc, char **argv)
{
    const struct record *c, *config = NULL;
    struct run           r;
    rtmp_ctx_t           ctx = {0};
    uint32_t             timestamp;
    int64_t              most; /* pictures that may wait when the sending goes on */

    if (argc < 5)
        die("usage: ours URL MEDIA PICTURES FPS [BACKLOG]");
    r = begin_run(argv);
    most = argc > 5 ? atoll(argv[5]) : 0;
    init_ours(&ctx, argv[1]);
    must(&ctx, rtmp_connect(&ctx));
    await_publishing(&ctx);
    start_clock(&r);
    while ((c = next_record(&r, &timestamp)) != NULL) {
        if (r.dry)
            continue;
        switch (c->kind) {
        case AUDIO_HEADER:
            config = c;
            break;
        case AUDIO:
            must(&ctx, rtmp_send_aac(&ctx, c->data, c->size, timestamp, config ? config->data : NULL, config ? config->size : 0));
            config = NULL;
            break;
        case VIDEO:
            must(&ctx, rtmp_send_video(&ctx, c->data, c->size, timestamp, 0, NULL));
            if (r.interval == 0 && r.done % LOOK == 0 && waiting(&ctx, r.done) > 2 * most + LOOK)
                drain(&ctx, r.done, most);
        }
    }
    if (!r.dry)
        drain(&ctx, r.done, 0);
    print_usage(r.before, r.pictures);
    rtmp_deinit(&ctx);
    return 0;
}
