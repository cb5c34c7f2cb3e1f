/*
 * Wrong calls: abuse URL MS. NULL for every pointer, contexts in every wrong condition, lengths that are not there, and
 * all functions at once from several threads for MS milliseconds. Error codes come back, or nothing happens.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <string.h>

#include "check.h"

#define HUGE_LENGTH 0xFFFFFFFFu /* 4 GiB - 1 */
#define THREADS 4
#define CONTEXTS 4

static const char   *url;
static const uint8_t some[] = {0, 0, 0, 1, 0x65, 0x88, 0x82, 8};
static const uint8_t raw[] = {0x65, 0x88, 0x82, 8}, asc[] = {0x12, 0x10}, header[] = {0xAF, 0, 0x12, 0x10};

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    (void)ctx;
    (void)old_state;
    (void)new_state;
    (void)code;
}

static void on_bitrate(rtmp_ctx_t *ctx, uint32_t kbps, uint32_t queue_ms)
{
    (void)ctx;
    (void)kbps;
    (void)queue_ms;
}

static int on_url(rtmp_ctx_t *ctx)
{
    rtmp_set_url(ctx, url);
    return RTMP_URL_LATER;
}

/* Calls a function by number with good arguments; 0 when there are no more. *result is what it returns. */
static int call(int number, rtmp_ctx_t *ctx, int *result)
{
    const uint8_t *buffers[2];
    uint32_t       lengths[2];
    rtmp_stats_t   stats;
    rtmp_info_t    info;
    rtmp_frame_t   frame = RTMP_FRAME_INIT;

    buffers[0] = raw;
    buffers[1] = some;
    lengths[0] = sizeof raw;
    lengths[1] = sizeof some;
    switch (number) {
    case 0: *result = rtmp_set_url(ctx, url); break;
    case 1: *result = rtmp_set_option(ctx, "timeout", "2000"); break;
    case 2: *result = rtmp_set_source(ctx, "clip"); break;
    case 3: *result = rtmp_metadata_number(ctx, "a", 1); break;
    case 4: *result = rtmp_metadata_string(ctx, "b", "c"); break;
    case 5: *result = rtmp_metadata_boolean(ctx, "d", 1); break;
    case 6: *result = rtmp_metadata_clear(ctx); break;
    case 7: *result = rtmp_metadata_send(ctx); break;
    case 8: *result = rtmp_set_state_callback(ctx, on_state); break;
    case 9: *result = rtmp_set_bitrate_callback(ctx, on_bitrate); break;
    case 10: *result = rtmp_connect(ctx); break;
    case 11: *result = rtmp_start(ctx); break;
    case 12: *result = rtmp_stop(ctx); break;
    case 13: *result = rtmp_poll(ctx); break;
    case 14: *result = rtmp_send_nalu(ctx, some, sizeof some, 0); break;
    case 15: *result = rtmp_send_nalu_multi(ctx, buffers, lengths, 2, 0); break;
    case 16: *result = rtmp_send_video(ctx, some, sizeof some, 0, 0, "h264"); break;
    case 17: *result = rtmp_send_audio(ctx, header, sizeof header, 0); break;
    case 18: *result = rtmp_send_aac(ctx, raw, sizeof raw, 0, asc, sizeof asc); break;
    case 19: *result = rtmp_get_stats(ctx, &stats); break;
    case 20: *result = rtmp_set_stats_interval(ctx, 0); break;
    case 21: *result = rtmp_set_stats_window(ctx, 0); break;
    case 22: *result = rtmp_get_info(ctx, &info); break;
    case 23: *result = rtmp_disconnect(ctx); break;
    case 24: *result = rtmp_set_url_callback(ctx, on_url); break;
    case 25: *result = rtmp_keep_url(ctx); break;
    case 26: *result = rtmp_set_option(ctx, "reconnect", "true"); break;
    case 27: *result = rtmp_send_video_frame(ctx, some, sizeof some, &frame); break;
    case 28: *result = rtmp_send_audio_frame(ctx, raw, sizeof raw, &frame); break;
    default: return 0;
    }
    return 1;
}

static void on_log(rtmp_log_level_t level, const char *text, void *user_data)
{
    CHECK(level >= RTMP_LOG_DEBUG && text != NULL && user_data == NULL);
}

/* Functions that return no code, and the log's. */
static void look(rtmp_ctx_t *ctx)
{
    char text[100];
    int  code = (int)(clock() & 1);
    rtmp_get_state(ctx);
    rtmp_is_busy(ctx);
    CHECK(rtmp_set_log_callback(code % 2 ? on_log : NULL, NULL) == RTMP_OK);
    rtmp_describe(ctx, text, sizeof text);
    CHECK(rtmp_get_source_error(ctx, text, sizeof text) < sizeof text + 1000 && memchr(text, 0, sizeof text) != NULL);
    rtmp_get_error(ctx, &code, text, sizeof text);
    CHECK(rtmp_get_call_error(ctx, &code, text, sizeof text) < sizeof text + 1000 && memchr(text, 0, sizeof text) != NULL);
}

/* Nothing works on a context that is not alive, and nothing crashes. */
static void expect_dead(rtmp_ctx_t *ctx)
{
    char text[200];
    int  i, result, code = 0;
    for (i = 0; call(i, ctx, &result); i++)
        CHECK(result == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_get_state(ctx) == RTMP_STATE_IDLE && rtmp_is_busy(ctx) == 0);
    CHECK(rtmp_get_error(ctx, &code, text, sizeof text) == 0 && code == RTMP_OK);
    CHECK(rtmp_get_call_error(ctx, &code, text, sizeof text) > 0 && code == RTMP_ERR_INVALID_PARAM);
    CHECK(strstr(text, "rtmp_init") != NULL);
    CHECK(rtmp_describe(ctx, text, sizeof text) > 0);
    CHECK(rtmp_deinit(ctx) == (ctx == NULL ? RTMP_ERR_INVALID_PARAM : RTMP_OK));
}

static void names(void)
{
    int n;
    for (n = -100; n < 100; n++)
        CHECK(*rtmp_state_name((rtmp_state_t)n) != '\0' && *rtmp_strerror(n) != '\0');
    CHECK(strcmp(rtmp_state_name((rtmp_state_t)8), "unknown") == 0 && strcmp(rtmp_strerror(-9), "unknown code") == 0);
}

static void dead_contexts(void)
{
    rtmp_ctx_t *ctx = (rtmp_ctx_t *)malloc(sizeof *ctx), copy;
    uint32_t    seed = 1;
    size_t      i;
    int         round;

    CHECK(ctx != NULL);
    expect_dead(NULL);
    CHECK(rtmp_init(NULL) == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_set_user_data(NULL, ctx) == RTMP_ERR_INVALID_PARAM && rtmp_get_user_data(NULL) == NULL);
    memset(ctx, 0, sizeof *ctx);
    expect_dead(ctx);
    for (round = 0; round < 20; round++) { /* garbage */
        for (i = 0; i < sizeof *ctx; i++)
            ((uint8_t *)ctx)[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
        expect_dead(ctx);
    }
    CHECK(rtmp_init(ctx) == RTMP_OK && rtmp_get_state(ctx) == RTMP_STATE_IDLE);
    copy = *ctx;
    expect_dead(&copy);
    CHECK(rtmp_set_url(ctx, url) == RTMP_OK); /* ending the copy did not end the context */
    CHECK(rtmp_deinit(ctx) == RTMP_OK);
    expect_dead(ctx);
    *ctx = copy; /* what it was when it lived */
    expect_dead(ctx);
    CHECK(rtmp_init(ctx) == RTMP_OK);
    CHECK(rtmp_deinit(ctx) == RTMP_OK && rtmp_deinit(ctx) == RTMP_OK);
    free(ctx);
}

static int orphaned;

static void on_orphan(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    on_state(ctx, old_state, new_state, code);
    __atomic_add_fetch(&orphaned, 1, __ATOMIC_SEQ_CST);
}

static void double_init(void)
{
    rtmp_ctx_t ctx;
    int        calls;

    memset(&ctx, 0, sizeof ctx);
    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, url) == RTMP_OK);
    CHECK(rtmp_init(&ctx) == RTMP_ERR_FAILED);
    CHECK(rtmp_connect(&ctx) == RTMP_OK && rtmp_init(&ctx) == RTMP_ERR_FAILED); /* the first goes on */
    CHECK(rtmp_deinit(&ctx) == RTMP_OK && rtmp_init(&ctx) == RTMP_OK);

    /* Overwritten while it lives: what was there is ended by the next rtmp_init, and calls back no more. */
    CHECK(rtmp_set_state_callback(&ctx, on_orphan) == RTMP_OK && rtmp_set_url(&ctx, url) == RTMP_OK);
    CHECK(rtmp_connect(&ctx) == RTMP_OK);
    memset(&ctx, 0, sizeof ctx);
    CHECK(rtmp_init(&ctx) == RTMP_OK);
    calls = __atomic_load_n(&orphaned, __ATOMIC_SEQ_CST);
    pause_ms(50);
    CHECK(calls == __atomic_load_n(&orphaned, __ATOMIC_SEQ_CST));
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
}

static void pointers(void)
{
    rtmp_ctx_t     ctx;
    char           text[4];
    const uint8_t *buffers[2];
    uint32_t       lengths[2];
    int            code = 1;
    rtmp_frame_t   frame = RTMP_FRAME_INIT, fresh = RTMP_FRAME_INIT;

    CHECK(rtmp_init(&ctx) == RTMP_OK);
#define WRONG(call) CHECK((call) == RTMP_ERR_INVALID_PARAM)
#define LARGE(call) CHECK((call) == RTMP_ERR_BUFFER_OVERFLOW)
    WRONG(rtmp_set_url(&ctx, NULL));
    WRONG(rtmp_set_url(&ctx, ""));
    WRONG(rtmp_set_option(&ctx, NULL, NULL));
    WRONG(rtmp_set_option(&ctx, "timeout", NULL));
    WRONG(rtmp_set_option(&ctx, NULL, "1"));
    WRONG(rtmp_set_source(&ctx, NULL));
    WRONG(rtmp_metadata_number(&ctx, NULL, 1));
    WRONG(rtmp_metadata_string(&ctx, NULL, NULL));
    CHECK(rtmp_metadata_string(&ctx, "a", NULL) == RTMP_OK); /* NULL is "" */
    WRONG(rtmp_metadata_boolean(&ctx, NULL, 1));
    CHECK(rtmp_set_url_callback(&ctx, NULL) == RTMP_OK && rtmp_keep_url(&ctx) == RTMP_OK);
    CHECK(rtmp_set_state_callback(&ctx, NULL) == RTMP_OK && rtmp_set_bitrate_callback(&ctx, NULL) == RTMP_OK);
    WRONG(rtmp_get_stats(&ctx, NULL));
    WRONG(rtmp_get_info(&ctx, NULL));
    CHECK(rtmp_get_call_error(&ctx, NULL, NULL, 0) > 0 && rtmp_get_call_error(&ctx, NULL, NULL, HUGE_LENGTH) > 0);
    CHECK(rtmp_get_call_error(&ctx, &code, text, 0) > 0 && code == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_get_call_error(&ctx, NULL, text, 1) > 0 && text[0] == 0);
    CHECK(rtmp_get_call_error(&ctx, NULL, text, sizeof text) >= sizeof text && strlen(text) == sizeof text - 1);
    CHECK(rtmp_get_error(&ctx, &code, NULL, 0) == 0 && code == RTMP_OK);
    CHECK(rtmp_get_error(&ctx, NULL, text, HUGE_LENGTH) == 0 && text[0] == 0);
    CHECK(rtmp_describe(&ctx, NULL, 0) > 0);

    WRONG(rtmp_send_nalu(&ctx, NULL, 8, 0));
    WRONG(rtmp_send_nalu(&ctx, some, 0, 0));
    LARGE(rtmp_send_nalu(&ctx, some, HUGE_LENGTH, 0)); /* refused before it is read */
    WRONG(rtmp_send_video(&ctx, NULL, 8, 0, 0, NULL));
    WRONG(rtmp_send_video(&ctx, some, 0, 0, 0, NULL));
    LARGE(rtmp_send_video(&ctx, some, HUGE_LENGTH, 0, 0, NULL));
    WRONG(rtmp_send_audio(&ctx, NULL, 8, 0));
    WRONG(rtmp_send_audio(&ctx, header, 0, 0));
    WRONG(rtmp_send_audio(&ctx, header, 1, 0));
    LARGE(rtmp_send_audio(&ctx, header, HUGE_LENGTH, 0));
    WRONG(rtmp_send_aac(&ctx, NULL, 8, 0, NULL, 0));
    WRONG(rtmp_send_aac(&ctx, raw, 0, 0, NULL, 0));
    WRONG(rtmp_send_aac(&ctx, raw, sizeof raw, 0, NULL, HUGE_LENGTH)); /* no config: raw AAC needs one */
    LARGE(rtmp_send_aac(&ctx, raw, HUGE_LENGTH, 0, NULL, 0));
    LARGE(rtmp_send_aac(&ctx, raw, sizeof raw, 0, asc, HUGE_LENGTH));

    WRONG(rtmp_send_video(&ctx, some, sizeof some, 0, 0, "h266"));
    WRONG(rtmp_send_video(&ctx, some, sizeof some, 0, 0, "a name that is longer than every name of a codec"));
    WRONG(rtmp_send_video(&ctx, some, sizeof some, 0, 0, "aac"));

#define BOTH(check, frame)                                                \
    do {                                                                  \
        check(rtmp_send_video_frame(&ctx, some, sizeof some, frame)); \
        check(rtmp_send_audio_frame(&ctx, some, sizeof some, frame)); \
    } while (0)
    BOTH(WRONG, NULL);
    WRONG(rtmp_send_video_frame(&ctx, NULL, 8, &frame));
    WRONG(rtmp_send_audio_frame(&ctx, NULL, 8, &frame));
    WRONG(rtmp_send_video_frame(&ctx, some, 0, &frame));
    WRONG(rtmp_send_audio_frame(&ctx, some, 0, &frame));
    LARGE(rtmp_send_video_frame(&ctx, some, HUGE_LENGTH, &frame));
    LARGE(rtmp_send_audio_frame(&ctx, some, HUGE_LENGTH, &frame));
    frame.size = 0;
    BOTH(WRONG, &frame);
    frame.size = sizeof frame - 1;
    BOTH(WRONG, &frame);
    frame.size = HUGE_LENGTH;
    BOTH(WRONG, &frame);
    frame = fresh;
    frame.track = 256;
    BOTH(WRONG, &frame);
    frame.track = HUGE_LENGTH;
    BOTH(WRONG, &frame);
    frame = fresh;
    frame.codec = "divx";
    BOTH(WRONG, &frame);
    frame = fresh;
    frame.config = asc;
    frame.config_len = HUGE_LENGTH;
    BOTH(LARGE, &frame);
    frame.config_len = 0; /* as NULL */
    WRONG(rtmp_send_audio_frame(&ctx, raw, sizeof raw, &frame));
    frame = fresh;
    frame.config_len = HUGE_LENGTH; /* of nothing */
    WRONG(rtmp_send_audio_frame(&ctx, raw, sizeof raw, &frame));
    frame.composition_time = 8388608;
    WRONG(rtmp_send_video_frame(&ctx, some, sizeof some, &frame));
    frame = fresh;
    frame.codec = "pcma"; /* which has no FourCC */
    frame.track = 1;
    WRONG(rtmp_send_audio_frame(&ctx, raw, sizeof raw, &frame));

    buffers[0] = raw;
    buffers[1] = NULL;
    lengths[0] = sizeof raw;
    lengths[1] = sizeof raw;
    WRONG(rtmp_send_nalu_multi(&ctx, NULL, lengths, 1, 0));
    WRONG(rtmp_send_nalu_multi(&ctx, buffers, NULL, 1, 0));
    WRONG(rtmp_send_nalu_multi(&ctx, buffers, lengths, 0, 0));
    WRONG(rtmp_send_nalu_multi(&ctx, buffers, lengths, 2, 0));
    LARGE(rtmp_send_nalu_multi(&ctx, buffers, lengths, HUGE_LENGTH, 0));
    buffers[1] = raw;
    lengths[1] = 0;
    WRONG(rtmp_send_nalu_multi(&ctx, buffers, lengths, 2, 0));
    lengths[1] = HUGE_LENGTH;
    LARGE(rtmp_send_nalu_multi(&ctx, buffers, lengths, 2, 0));

    CHECK(rtmp_set_stats_window(&ctx, 0) == RTMP_OK && rtmp_set_stats_window(&ctx, 60000) == RTMP_OK);
    WRONG(rtmp_set_stats_window(&ctx, 60001));
    WRONG(rtmp_set_stats_window(&ctx, HUGE_LENGTH));
    CHECK(rtmp_set_stats_interval(&ctx, 0) == RTMP_OK && rtmp_set_stats_interval(&ctx, 3600000) == RTMP_OK);
    WRONG(rtmp_set_stats_interval(&ctx, 99));
    WRONG(rtmp_set_stats_interval(&ctx, HUGE_LENGTH));
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
}

static void order(void)
{
    rtmp_ctx_t ctx;
    int        i;
    CHECK(rtmp_init(&ctx) == RTMP_OK);
    CHECK(rtmp_connect(&ctx) == RTMP_ERR_FAILED); /* no URL */
    CHECK(rtmp_start(&ctx) == RTMP_OK && rtmp_stop(&ctx) == RTMP_OK && rtmp_poll(&ctx) == RTMP_OK);
    CHECK(rtmp_send_nalu(&ctx, some, sizeof some, 0) == RTMP_ERR_FAILED);
    CHECK(rtmp_send_audio(&ctx, header, sizeof header, 0) == RTMP_ERR_FAILED);
    CHECK(rtmp_metadata_send(&ctx) == RTMP_OK);
    CHECK(rtmp_disconnect(&ctx) == RTMP_OK && rtmp_disconnect(&ctx) == RTMP_OK);
    CHECK(rtmp_get_state(&ctx) == RTMP_STATE_DISCONNECTED);
    CHECK(rtmp_set_url(&ctx, url) == RTMP_OK);
    for (i = 0; i < 100; i++) { /* an attempt may be over before the next call */
        CHECK(rtmp_connect(&ctx) == RTMP_OK);
        if (rtmp_connect(&ctx) == RTMP_ERR_FAILED && rtmp_set_url(&ctx, url) == RTMP_ERR_FAILED)
            break;
        CHECK(rtmp_disconnect(&ctx) == RTMP_OK);
    }
    CHECK(i < 100);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK && rtmp_connect(&ctx) == RTMP_ERR_INVALID_PARAM);
}

static rtmp_ctx_t contexts[CONTEXTS];
static int        over, shared; /* the number of contexts that are used */

/* Calls everything, on all contexts, in an order of its own. */
static void *hammer(void *argument)
{
    uint32_t seed = (uint32_t)(size_t)argument;
    long     calls = 0;
    while (!__atomic_load_n(&over, __ATOMIC_SEQ_CST)) {
        rtmp_ctx_t *ctx = &contexts[(seed >> 8) % (uint32_t)shared];
        int         result, what;
        seed = seed * 1664525u + 1013904223u;
        what = (int)((seed >> 16) % 44);
        if (what < 3)
            rtmp_init(ctx);
        else if (what == 3)
            rtmp_deinit(ctx);
        else if (what < 8)
            look(ctx);
        else if (!call(what - 8, ctx, &result))
            rtmp_init(ctx);
        calls++;
    }
    return (void *)calls;
}

static void everything_at_once(int count, long ms)
{
    pthread_t threads[THREADS];
    size_t    i;
    long      calls = 0;

    shared = count;
    memset(contexts, 0, sizeof contexts);
    __atomic_store_n(&over, 0, __ATOMIC_SEQ_CST);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, hammer, (void *)(i * 7919 + 1)) == 0);
    pause_ms(ms);
    __atomic_store_n(&over, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < THREADS; i++) {
        void *result;
        CHECK(pthread_join(threads[i], &result) == 0);
        calls += (long)result;
    }
    for (i = 0; i < CONTEXTS; i++) {
        CHECK(rtmp_deinit(&contexts[i]) == RTMP_OK);
        expect_dead(&contexts[i]);
    }
    printf("%d threads, %d contexts: %ld calls\n", THREADS, count, calls);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    url = argv[1];
    names();
    dead_contexts();
    double_init();
    pointers();
    order();
    everything_at_once(1, atol(argv[2]));
    everything_at_once(CONTEXTS, atol(argv[2]));
    return 0;
}
