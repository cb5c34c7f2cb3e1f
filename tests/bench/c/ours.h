/* How the bench uses this library from C. */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include "luat_rtmp_push.h"

#include <semaphore.h>

#include "bench.h"

static sem_t settled; /* a post for each context that publishes or has failed */

static inline void fail_ours(rtmp_ctx_t *ctx, uint32_t (*get)(rtmp_ctx_t *, int *, char *, uint32_t))
{
    char text[1024];
    get(ctx, NULL, text, sizeof text);
    die(text);
}

static inline void must(rtmp_ctx_t *ctx, int result)
{
    if (result != RTMP_OK)
        fail_ours(ctx, rtmp_get_call_error);
}

static inline void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int error_code)
{
    (void)ctx, (void)old_state, (void)error_code;
    if (new_state == RTMP_STATE_PUBLISHING || new_state == RTMP_STATE_ERROR)
        sem_post(&settled);
}

/* Prepares a context whose queue drops nothing: what the bench sends has to arrive. */
static inline void init_ours(rtmp_ctx_t *ctx, const char *url)
{
    must(ctx, rtmp_init(ctx));
    must(ctx, rtmp_set_url(ctx, url));
    must(ctx, rtmp_set_option(ctx, "queue_ms", "3600000"));
    must(ctx, rtmp_set_option(ctx, "queue_bytes", "268435456"));
    must(ctx, rtmp_set_option(ctx, "tls_insecure", "true"));
    must(ctx, rtmp_set_state_callback(ctx, on_state));
}

static inline void await_publishing(rtmp_ctx_t *ctx)
{
    rtmp_state_t s;
    while ((s = rtmp_get_state(ctx)) != RTMP_STATE_PUBLISHING) {
        if (s == RTMP_STATE_ERROR)
            fail_ours(ctx, rtmp_get_error);
        sem_wait(&settled);
    }
}

/* How many pictures the network has not taken. */
static inline int64_t waiting(rtmp_ctx_t *ctx, int64_t sent)
{
    rtmp_stats_t s;
    rtmp_get_stats(ctx, &s);
    if (s.dropped_frames != 0)
        die("a picture was dropped");
    return sent - (int64_t)s.video_frames_sent;
}

/*
 * Waits until the network has taken all but some pictures. Nothing tells that, as a program that publishes does not wait for it: so it
 * looks, not so often where many wait.
 */
static inline void drain(rtmp_ctx_t *ctx, int64_t sent, int64_t most)
{
    while (waiting(ctx, sent) > most) {
        if (rtmp_get_state(ctx) != RTMP_STATE_PUBLISHING)
            fail_ours(ctx, rtmp_get_error);
        sleep_for(most > 0 ? 200000 : 20000);
    }
}

#endif
