/*
 * Attempts that follow each other: reconnect CLOSED OTHER. At CLOSED nobody listens, and OTHER closes each connection. The
 * URL is asked for before each attempt but the first, and set in the callback, set later from elsewhere, or kept.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  more = PTHREAD_COND_INITIALIZER;
static const char     *other;
static int             later, asked, states[RTMP_STATE_ERROR + 1], last_code;

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    (void)ctx;
    (void)old_state;
    pthread_mutex_lock(&lock);
    states[new_state]++;
    if (new_state == RTMP_STATE_ERROR)
        last_code = code;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static int on_url(rtmp_ctx_t *ctx)
{
    pthread_mutex_lock(&lock);
    asked++;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
    if (later)
        return RTMP_URL_LATER;
    CHECK(rtmp_set_url(ctx, other) == RTMP_OK);
    return RTMP_OK;
}

/* Waits until *count has reached n. */
static void await(const int *count, int n)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 60;
    pthread_mutex_lock(&lock);
    while (*count < n)
        CHECK(pthread_cond_timedwait(&more, &lock, &limit) == 0);
    pthread_mutex_unlock(&lock);
}

static void start(rtmp_ctx_t *ctx, const char *url)
{
    asked = last_code = 0;
    memset(states, 0, sizeof states);
    CHECK(rtmp_init(ctx) == RTMP_OK && rtmp_set_url(ctx, url) == RTMP_OK);
    CHECK(rtmp_set_option(ctx, "reconnect", "true") == RTMP_OK && rtmp_set_option(ctx, "reconnect_min_ms", "10") == RTMP_OK);
    CHECK(rtmp_set_option(ctx, "reconnect_max_ms", "10") == RTMP_OK);
    CHECK(rtmp_set_state_callback(ctx, on_state) == RTMP_OK && rtmp_set_url_callback(ctx, on_url) == RTMP_OK);
    CHECK(rtmp_connect(ctx) == RTMP_OK);
}

static void end(rtmp_ctx_t *ctx)
{
    CHECK(rtmp_is_busy(ctx) == 1 && rtmp_disconnect(ctx) == RTMP_OK);
    CHECK(rtmp_get_state(ctx) == RTMP_STATE_DISCONNECTED && rtmp_is_busy(ctx) == 0);
    CHECK(states[RTMP_STATE_DISCONNECTED] == 1);
    CHECK(rtmp_deinit(ctx) == RTMP_OK);
}

int main(int argc, char **argv)
{
    rtmp_ctx_t ctx;
    CHECK(argc == 3);
    other = argv[2];

    start(&ctx, argv[1]); /* in the callback: nobody listens at first, then somebody closes */
    await(&states[RTMP_STATE_ERROR], 1);
    await(&states[RTMP_STATE_HANDSHAKING], 3);
    CHECK(asked >= 3);
    end(&ctx);

    later = 1;
    start(&ctx, argv[1]);
    await(&asked, 1);
    CHECK(rtmp_get_state(&ctx) == RTMP_STATE_ERROR && last_code == RTMP_ERR_CONNECT_FAILED);
    CHECK(rtmp_keep_url(&ctx) == RTMP_OK);
    await(&asked, 2);
    CHECK(states[RTMP_STATE_HANDSHAKING] == 0 && states[RTMP_STATE_ERROR] == 2);
    CHECK(rtmp_set_url(&ctx, other) == RTMP_OK);
    await(&asked, 3);
    CHECK(states[RTMP_STATE_HANDSHAKING] == 1 && states[RTMP_STATE_ERROR] == 3);
    CHECK(rtmp_connect(&ctx) == RTMP_OK); /* the same as keeping the URL */
    await(&asked, 4);
    end(&ctx);
    return 0;
}
