/*
 * A binding as LuatOS ships one: the state callback posts to a queue of the program, a timer polls, and polling begins
 * with CONNECTED. binding URL POLLS: publishes the clip; with POLLS 0 nobody polls at all, and callbacks come all the same.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "check.h"

#define CAPACITY 64

struct message {
    rtmp_state_t from, to;
    int          code;
};

/* The context is inside a larger struct, as LuatOS's is. */
struct binding {
    int             before;
    rtmp_ctx_t      rtmp;
    pthread_mutex_t lock;
    struct message  queue[CAPACITY];
    int             put, taken;
    pthread_t       main;
};

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    struct binding *b = (struct binding *)rtmp_get_user_data(ctx);
    struct message *m;
    CHECK(&b->rtmp == ctx && ctx->adapter_id == 3);
    CHECK(!pthread_equal(pthread_self(), b->main)); /* from a thread of the library */
    CHECK(rtmp_get_state(ctx) >= new_state);        /* the API may be called from here */
    pthread_mutex_lock(&b->lock);
    CHECK(b->put < CAPACITY);
    m = &b->queue[b->put++];
    m->from = old_state;
    m->to = new_state;
    m->code = code;
    pthread_mutex_unlock(&b->lock);
}

/* Takes the next message. */
static int take(struct binding *b, struct message *m)
{
    int some;
    pthread_mutex_lock(&b->lock);
    some = b->taken < b->put;
    if (some)
        *m = b->queue[b->taken++];
    pthread_mutex_unlock(&b->lock);
    return some;
}

int main(int argc, char **argv)
{
    static const rtmp_state_t expected[] = {RTMP_STATE_CONNECTING, RTMP_STATE_HANDSHAKING,   RTMP_STATE_CONNECTED,
                                            RTMP_STATE_PUBLISHING, RTMP_STATE_DISCONNECTING, RTMP_STATE_DISCONNECTED};
    struct binding *b = (struct binding *)calloc(1, sizeof *b);
    struct message  m;
    rtmp_stats_t    stats;
    int             polls, polling = 0, i, tries;

    CHECK(argc == 3 && b != NULL);
    polls = atoi(argv[2]);
    b->main = pthread_self();
    b->rtmp.adapter_id = 3;
    pthread_mutex_init(&b->lock, NULL);
    CHECK(rtmp_set_user_data(&b->rtmp, b) == RTMP_OK);
    CHECK(rtmp_init(&b->rtmp) == RTMP_OK && rtmp_get_user_data(&b->rtmp) == b && b->rtmp.adapter_id == 3);
    CHECK(rtmp_set_state_callback(&b->rtmp, on_state) == RTMP_OK);
    CHECK(rtmp_set_url(&b->rtmp, argv[1]) == RTMP_OK);

    pthread_mutex_lock(&b->lock); /* the callback takes it: it does not run inside this call */
    CHECK(rtmp_connect(&b->rtmp) == RTMP_OK);
    pthread_mutex_unlock(&b->lock);
    CHECK(rtmp_start(&b->rtmp) == RTMP_OK);
    for (i = 0, tries = 0; i < 6; tries++) {
        CHECK(tries < PATIENCE_MS);
        while (take(b, &m)) {
            CHECK(m.to == expected[i] && m.from == (i == 0 ? RTMP_STATE_IDLE : expected[i - 1]) && m.code == RTMP_OK);
            polling = polling || m.to == RTMP_STATE_CONNECTED;
            i++;
        }
        if (polls && polling)
            CHECK(rtmp_poll(&b->rtmp) == RTMP_OK);
        CHECK(rtmp_get_stats(&b->rtmp, &stats) == RTMP_OK);
        if (i == 4 && stats.video_frames_sent >= 10) {
            CHECK(rtmp_stop(&b->rtmp) == RTMP_OK && rtmp_disconnect(&b->rtmp) == RTMP_OK);
            CHECK(b->put == 6); /* none comes later */
        }
        pause_ms(1);
    }
    CHECK(!rtmp_is_busy(&b->rtmp));
    CHECK(rtmp_deinit(&b->rtmp) == RTMP_OK);
    memset(&b->rtmp, 0x5A, sizeof b->rtmp);
    pthread_mutex_destroy(&b->lock);
    free(b);
    return 0;
}
