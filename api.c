/*
 * The C API of include/luat_rtmp_push.h; behind it is export.go.
 *
 * What stands between are two things. After fork() the child has none of the library's threads, and a call into Go would
 * wait for them for ever: in a child every function fails at once, without entering Go. And the host's signals are kept as
 * they are; see signals.h.
 */
#include "api.h"
#include "internal/forkguard/forked.h"
#include "internal/hostsignals/signals.h"

/* Whether Go may be called. */
static int enter(void)
{
    if (forked())
        return 0;
    signals_enter();
    return 1;
}

/* A function that returns a code. */
#define CALL(name, parameters, arguments) \
    int rtmp_##name parameters { return enter() ? go_##name arguments : RTMP_ERR_FAILED; }

int init_context(rtmp_ctx_t *ctx)
{
    if (!forked())
        signals_prepare();
    return enter() ? go_init(ctx) : RTMP_ERR_FAILED;
}

void leave_context(rtmp_ctx_t *ctx)
{
    if (enter())
        go_leave(ctx);
}

void await_goodbyes(void)
{
    if (enter())
        go_await_goodbyes(0);
}

int set_source(rtmp_ctx_t *ctx, const char *path, const struct source_field *fields, uint32_t count)
{
    return enter() ? go_set_source_fields(ctx, path, fields, count) : RTMP_ERR_FAILED;
}

void log_warning(rtmp_ctx_t *ctx, const char *what, const char *why)
{
    if (enter())
        go_warn(ctx, what, why);
}

int rtmp_init(rtmp_ctx_t *ctx)
{
    int code = init_context(ctx);
    if (code == RTMP_OK)
        luatos_binding_begin(ctx);
    return code;
}

int rtmp_deinit(rtmp_ctx_t *ctx)
{
    int code;
    if (!enter())
        return RTMP_ERR_FAILED;
    luatos_binding_forget(ctx);
    code = go_deinit(ctx);
    luatos_binding_follow(ctx, RTMP_STATE_IDLE); /* after the last state callback */
    return code;
}

int rtmp_connect(rtmp_ctx_t *ctx)
{
    if (!forked())
        signals_prepare();
    return enter() ? go_connect(ctx) : RTMP_ERR_FAILED;
}

CALL(set_url, (rtmp_ctx_t *ctx, const char *url), (ctx, url))
CALL(set_option, (rtmp_ctx_t *ctx, const char *name, const char *value), (ctx, name, value))
CALL(set_source, (rtmp_ctx_t *ctx, const char *spec), (ctx, spec))
CALL(metadata_number, (rtmp_ctx_t *ctx, const char *name, double value), (ctx, name, value))
CALL(metadata_string, (rtmp_ctx_t *ctx, const char *name, const char *value), (ctx, name, value))
CALL(metadata_boolean, (rtmp_ctx_t *ctx, const char *name, int value), (ctx, name, value))
CALL(metadata_clear, (rtmp_ctx_t *ctx), (ctx))
CALL(metadata_send, (rtmp_ctx_t *ctx), (ctx))
CALL(set_state_callback, (rtmp_ctx_t *ctx, rtmp_state_callback callback), (ctx, callback))
CALL(set_url_callback, (rtmp_ctx_t *ctx, rtmp_url_callback callback), (ctx, callback))
CALL(keep_url, (rtmp_ctx_t *ctx), (ctx))
CALL(set_bitrate_callback, (rtmp_ctx_t *ctx, rtmp_bitrate_callback callback), (ctx, callback))
CALL(set_stats_interval, (rtmp_ctx_t *ctx, uint32_t ms), (ctx, ms))
CALL(set_stats_window, (rtmp_ctx_t *ctx, uint32_t ms), (ctx, ms))

CALL(set_log_callback, (rtmp_log_callback callback, void *user_data), (callback, user_data))

CALL(disconnect, (rtmp_ctx_t *ctx), (ctx))
CALL(start, (rtmp_ctx_t *ctx), (ctx))
CALL(stop, (rtmp_ctx_t *ctx), (ctx))
CALL(poll, (rtmp_ctx_t *ctx), (ctx))

CALL(send_nalu, (rtmp_ctx_t *ctx, const uint8_t *data, uint32_t size, uint32_t timestamp), (ctx, data, size, timestamp))
CALL(send_nalu_multi, (rtmp_ctx_t *ctx, const uint8_t **nalus, const uint32_t *sizes, uint32_t count, uint32_t timestamp),
     (ctx, nalus, sizes, count, timestamp))
CALL(send_video,
     (rtmp_ctx_t *ctx, const uint8_t *unit, uint32_t size, uint32_t timestamp, int32_t composition_time, const char *codec),
     (ctx, unit, size, timestamp, composition_time, codec))
CALL(send_audio, (rtmp_ctx_t *ctx, const uint8_t *body, uint32_t size, uint32_t timestamp), (ctx, body, size, timestamp))
CALL(send_aac,
     (rtmp_ctx_t *ctx, const uint8_t *frame, uint32_t size, uint32_t timestamp, const uint8_t *config, uint32_t config_size),
     (ctx, frame, size, timestamp, config, config_size))

CALL(send_video_frame, (rtmp_ctx_t *ctx, const uint8_t *data, uint32_t size, const rtmp_frame_t *frame), (ctx, data, size, frame))
CALL(send_audio_frame, (rtmp_ctx_t *ctx, const uint8_t *data, uint32_t size, const rtmp_frame_t *frame), (ctx, data, size, frame))

CALL(get_stats, (rtmp_ctx_t *ctx, rtmp_stats_t *stats), (ctx, stats))
CALL(get_info, (rtmp_ctx_t *ctx, rtmp_info_t *info), (ctx, info))

void set_camera(rtmp_ctx_t *ctx, enum camera camera)
{
    if (!forked())
        go_set_camera(ctx, camera);
}

int rtmp_is_busy(rtmp_ctx_t *ctx)
{
    return enter() ? go_is_busy(ctx) : 0;
}

rtmp_state_t rtmp_get_state(rtmp_ctx_t *ctx)
{
    return enter() ? go_get_state(ctx) : RTMP_STATE_IDLE;
}

int rtmp_set_user_data(rtmp_ctx_t *ctx, void *user_data)
{
    if (ctx == NULL)
        return RTMP_ERR_INVALID_PARAM;
    ctx->user_data = user_data;
    return RTMP_OK;
}

void *rtmp_get_user_data(rtmp_ctx_t *ctx)
{
    return ctx == NULL ? NULL : ctx->user_data;
}

const char *rtmp_state_name(rtmp_state_t state)
{
    switch (state) {
    case RTMP_STATE_IDLE:          return "idle";
    case RTMP_STATE_CONNECTING:    return "connecting";
    case RTMP_STATE_HANDSHAKING:   return "handshaking";
    case RTMP_STATE_CONNECTED:     return "connected";
    case RTMP_STATE_PUBLISHING:    return "publishing";
    case RTMP_STATE_DISCONNECTING: return "disconnecting";
    case RTMP_STATE_DISCONNECTED:  return "disconnected";
    case RTMP_STATE_ERROR:         return "error";
    }
    return "unknown";
}

const char *rtmp_strerror(int code)
{
    switch (code) {
    case RTMP_OK:                   return "no error";
    case RTMP_ERR_FAILED:           return "not possible in this state, or refused by the server";
    case RTMP_ERR_INVALID_PARAM:    return "wrong argument, option, URL, source or frame";
    case RTMP_ERR_NO_MEMORY:        return "no memory";
    case RTMP_ERR_CONNECT_FAILED:   return "the server cannot be reached";
    case RTMP_ERR_HANDSHAKE_FAILED: return "the server does not speak RTMP";
    case RTMP_ERR_NETWORK:          return "the connection broke";
    case RTMP_ERR_TIMEOUT:          return "no answer, or no progress, in time";
    case RTMP_ERR_BUFFER_OVERFLOW:  return "larger than a limit of the library";
    }
    return "unknown code";
}

/* Copies a text as the functions below do. */
static uint32_t put(char *buffer, uint32_t size, const char *text)
{
    uint32_t length;
    for (length = 0; text[length] != '\0'; length++)
        if (buffer != NULL && length + 1 < size)
            buffer[length] = text[length];
    if (buffer != NULL && size > 0)
        buffer[length < size ? length : size - 1] = '\0';
    return length;
}

static uint32_t put_fork_error(int *code, char *buffer, uint32_t size)
{
    if (code != NULL)
        *code = RTMP_ERR_FAILED;
    return put(buffer, size, "not possible in a child made by fork()");
}

uint32_t rtmp_get_error(rtmp_ctx_t *ctx, int *code, char *text, uint32_t size)
{
    return enter() ? go_get_error(ctx, code, text, size) : put_fork_error(code, text, size);
}

uint32_t rtmp_get_call_error(rtmp_ctx_t *ctx, int *code, char *text, uint32_t size)
{
    return enter() ? go_get_call_error(ctx, code, text, size) : put_fork_error(code, text, size);
}

uint32_t rtmp_get_source_error(rtmp_ctx_t *ctx, char *text, uint32_t size)
{
    return enter() ? go_get_source_error(ctx, text, size) : put(text, size, "");
}

uint32_t rtmp_describe(rtmp_ctx_t *ctx, char *text, uint32_t size)
{
    return enter() ? go_describe(ctx, text, size) : put(text, size, "forked");
}

/*
 * At the end of the process: goodbyes may be under way that nobody has waited for, and the last lines of the log, which say
 * why it ended, may still be waiting.
 */
__attribute__((destructor)) static void finish_process(void)
{
    if (!enter())
        return;
    go_await_goodbyes(1);
    go_flush_log();
}
