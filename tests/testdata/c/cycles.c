/*
 * Makes, connects and destroys contexts: cycles COUNT URL... Once rtmp_deinit or rtmp_disconnect has returned, what the
 * callback uses is poisoned and freed. In turn the callback itself calls rtmp_deinit, rtmp_disconnect, rtmp_connect.
 * Prints the number of callbacks.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <string.h>

#include "check.h"

#define ALIVE 0x600D600Du
#define DEAD 0xDEADDEADu

enum what { NOTHING, DEINIT, DEINIT_INIT, DISCONNECT, CONNECT, KINDS };

struct context {
    rtmp_ctx_t rtmp;
    uint32_t   mark;
    enum what  inside; /* called from inside the callback */
    int        calls, connects;
};

static long callbacks;

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    struct context *c = (struct context *)ctx;
    (void)old_state;
    CHECK(c->mark == ALIVE);
    CHECK((new_state == RTMP_STATE_ERROR) == (code != RTMP_OK));
    __atomic_add_fetch(&callbacks, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&c->calls, 1, __ATOMIC_SEQ_CST);
    switch (c->inside) {
    case DEINIT: CHECK(rtmp_deinit(ctx) == RTMP_OK); break;
    case DEINIT_INIT: CHECK(rtmp_deinit(ctx) == RTMP_OK && rtmp_init(ctx) == RTMP_OK); break;
    case DISCONNECT: rtmp_disconnect(ctx); break; /* it may be released meanwhile */
    case CONNECT:
        if (new_state == RTMP_STATE_ERROR && c->connects++ < 2)
            rtmp_connect(ctx);
        break;
    default: break;
    }
    CHECK(c->mark == ALIVE); /* whoever destroys the context waits for this */
}

/* Waits a little, in turn not at all, until a callback came, or for something in between. */
static void linger(struct context *c, int i)
{
    int tries;
    if (i % 3 == 1)
        AWAIT(__atomic_load_n(&c->calls, __ATOMIC_SEQ_CST) > 0);
    for (tries = 0; i % 3 == 2 && tries < i % 500; tries++)
        rtmp_poll(&c->rtmp);
}

static void *second_deinit(void *argument)
{
    struct context *c = (struct context *)argument;
    CHECK(rtmp_deinit(&c->rtmp) == RTMP_OK);
    return NULL;
}

static void cycle(int i, const char *url)
{
    struct context *c = (struct context *)malloc(sizeof *c);
    pthread_t       thread;
    int             calls, two = i % 50 == 0;

    CHECK(c != NULL);
    memset(c, 0, sizeof *c);
    c->mark = ALIVE;
    c->inside = (enum what)(i % KINDS);
    CHECK(rtmp_init(&c->rtmp) == RTMP_OK && rtmp_set_state_callback(&c->rtmp, on_state) == RTMP_OK);
    CHECK(rtmp_set_url(&c->rtmp, url) == RTMP_OK && rtmp_connect(&c->rtmp) == RTMP_OK);
    linger(c, i);
    if (i % 2 == 0 && c->inside != DEINIT && c->inside != DEINIT_INIT) {
        CHECK(rtmp_disconnect(&c->rtmp) == RTMP_OK);
        calls = c->calls;
        if (i % 100 == 0)
            pause_ms(2);
        CHECK(calls == c->calls);
    }
    if (two) /* two threads end it, and a callback may as well: each of them returns when all is over */
        CHECK(pthread_create(&thread, NULL, second_deinit, c) == 0);
    CHECK(rtmp_deinit(&c->rtmp) == RTMP_OK);
    CHECK(c->mark == ALIVE);
    if (two)
        CHECK(pthread_join(thread, NULL) == 0);
    CHECK(rtmp_deinit(&c->rtmp) == RTMP_OK); /* for the callback that has initialised it again */
    c->mark = DEAD;
    memset(&c->rtmp, 0xDD, sizeof c->rtmp);
    free(c);
}

int main(int argc, char **argv)
{
    int i;
    CHECK(argc >= 3);
    for (i = 0; i < atoi(argv[1]); i++)
        cycle(i, argv[2 + i / 7 % (argc - 2)]);
    CHECK(callbacks > 0);
    printf("%s cycles, %ld callbacks\n", argv[1], callbacks);
    return 0;
}
