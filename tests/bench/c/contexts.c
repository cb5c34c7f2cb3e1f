/*
 * Many contexts of this library, served by one thread: each picture goes to all of them, one after the other. The first context
 * has a URL of its own. Each picture ends with the time when it was sent, in hexadecimal ns.
 */
#include "memory.h"
#include "ours.h"

enum { LOOK = 16, AT_ONCE = 100, STAMP = 16 };

static void stamp(const struct record *c)
{
    char text[STAMP + 1];
    snprintf(text, sizeof text, "%016llx", (long long)now());
    memcpy((uint8_t *)c->data + c->size - STAMP, text, STAMP);
}

int main(int argc, char **argv)
{
    const struct record *c;
    struct run           r;
    rtmp_ctx_t          *all;
    uint32_t             timestamp;
    int64_t              turn, step;
    int                  i, k, count;

    if (argc < 7)
        die("usage: contexts URL MEDIA PICTURES FPS COUNT URL_OF_OTHERS");
    raise_file_limit();
    r = begin_run(argv);
    count = atoi(argv[5]);
    step = r.interval / count;
    r.interval = 0; /* the pace is kept here */
    all = calloc((size_t)count, sizeof *all);
    for (i = 0; i < count; i++) {
        init_ours(&all[i], i == 0 ? argv[1] : argv[6]);
        must(&all[i], rtmp_connect(&all[i]));
        if (i % AT_ONCE == AT_ONCE - 1 || i == count - 1)
            for (k = i - i % AT_ONCE; k <= i; k++)
                await_publishing(&all[k]);
    }
    start_clock(&r);
    turn = r.before.wall;
    while ((c = next_record(&r, &timestamp)) != NULL)
        for (i = 0; i < count; i++) {
            if (step > 0)
                sleep_until(turn += step);
            stamp(c);
            must(&all[i], rtmp_send_video(&all[i], c->data, c->size, timestamp, 0, NULL));
            if (step == 0 && r.done % LOOK == 0)
                drain(&all[i], r.done, 0);
        }
    for (i = 0; i < count; i++)
        drain(&all[i], r.done, 0);
    print_usage(r.before, r.pictures * count);
    for (i = 0; i < count; i++)
        rtmp_disconnect(&all[i]);
    return 0;
}
