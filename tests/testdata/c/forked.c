/*
 * Forks while it publishes the clip, in every way there is: forked URL. In the child every function fails at once; the parent
 * goes on.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

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

/* Everything on the parent's context and on one of its own. */
static void child(rtmp_ctx_t *ctx)
{
    static const uint8_t data[] = {0, 0, 0, 1, 0x65, 1};
    const uint8_t       *buffers[1];
    uint32_t             lengths[1];
    rtmp_stats_t         stats;
    rtmp_info_t          info;
    rtmp_frame_t         frame = RTMP_FRAME_INIT;
    char                 text[8];
    int                  code = 0;

    buffers[0] = data;
    lengths[0] = sizeof data;
#define FAILS(call) CHECK((call) == RTMP_ERR_FAILED)
    FAILS(rtmp_init(ctx));
    FAILS(rtmp_set_url(ctx, "rtmp://127.0.0.1/live/stream"));
    FAILS(rtmp_set_option(ctx, "timeout", "1000"));
    FAILS(rtmp_set_source(ctx, "clip"));
    FAILS(rtmp_metadata_number(ctx, "a", 1));
    FAILS(rtmp_metadata_string(ctx, "a", "b"));
    FAILS(rtmp_metadata_boolean(ctx, "a", 1));
    FAILS(rtmp_metadata_clear(ctx));
    FAILS(rtmp_metadata_send(ctx));
    FAILS(rtmp_set_state_callback(ctx, on_state));
    FAILS(rtmp_set_bitrate_callback(ctx, on_bitrate));
    FAILS(rtmp_set_url_callback(ctx, NULL));
    FAILS(rtmp_keep_url(ctx));
    FAILS(rtmp_set_log_callback(NULL, NULL));
    FAILS(rtmp_connect(ctx));
    FAILS(rtmp_start(ctx));
    FAILS(rtmp_stop(ctx));
    FAILS(rtmp_poll(ctx));
    FAILS(rtmp_send_nalu(ctx, data, sizeof data, 0));
    FAILS(rtmp_send_nalu_multi(ctx, buffers, lengths, 1, 0));
    FAILS(rtmp_send_video(ctx, data, sizeof data, 0, 0, NULL));
    FAILS(rtmp_send_audio(ctx, data, sizeof data, 0));
    FAILS(rtmp_send_aac(ctx, data, sizeof data, 0, NULL, 0));
    FAILS(rtmp_send_video_frame(ctx, data, sizeof data, &frame));
    FAILS(rtmp_send_audio_frame(ctx, data, sizeof data, &frame));
    FAILS(rtmp_get_stats(ctx, &stats));
    FAILS(rtmp_set_stats_interval(ctx, 0));
    FAILS(rtmp_set_stats_window(ctx, 0));
    FAILS(rtmp_get_info(ctx, &info));
    FAILS(rtmp_disconnect(ctx));
    FAILS(rtmp_deinit(ctx));
    CHECK(rtmp_get_state(ctx) == RTMP_STATE_IDLE && rtmp_is_busy(ctx) == 0);
    CHECK(rtmp_set_user_data(ctx, &code) == RTMP_OK && rtmp_get_user_data(ctx) == &code); /* a field of the struct */
    CHECK(rtmp_get_error(ctx, &code, text, sizeof text) > sizeof text && code == RTMP_ERR_FAILED);
    CHECK(strlen(text) == sizeof text - 1);
    CHECK(rtmp_get_call_error(ctx, &code, NULL, 0) > 0 && code == RTMP_ERR_FAILED);
    CHECK(rtmp_get_call_error(ctx, NULL, text, 0) > 0);
    CHECK(strcmp(rtmp_state_name(RTMP_STATE_ERROR), "error") == 0 && rtmp_strerror(RTMP_OK) != NULL);
    CHECK(rtmp_describe(ctx, text, 1) > 0 && text[0] == 0);
    CHECK(rtmp_get_source_error(ctx, text, sizeof text) == 0 && text[0] == 0);
}

static pid_t call_fork(void)
{
    return fork();
}

/* A child of a child is one, too. */
static pid_t call_fork_twice(void)
{
    int   status;
    pid_t pid = fork(), grandchild;
    if (pid != 0)
        return pid;
    grandchild = fork();
    if (grandchild == 0)
        return 0;
    CHECK(waitpid(grandchild, &status, 0) == grandchild);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* These do not run what was given to pthread_atfork(). */
static pid_t call_Fork(void)
{
    return _Fork();
}

static pid_t call_clone(void)
{
    return (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
}

static pid_t (*const ways[])(void) = {call_fork, call_fork_twice, call_Fork, call_clone};

static void fork_once(rtmp_ctx_t *ctx, pid_t (*way)(void))
{
    int   status;
    pid_t pid = way();
    CHECK(pid >= 0);
    if (pid == 0) {
        rtmp_ctx_t other;
        alarm(10); /* a hang ends here */
        memset(&other, 0, sizeof other);
        child(&other);
        child(ctx);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    rtmp_ctx_t   ctx;
    rtmp_stats_t before, after;
    int          i;

    CHECK(argc == 2);
    CHECK(rtmp_init(&ctx) == RTMP_OK && rtmp_set_url(&ctx, argv[1]) == RTMP_OK);
    CHECK(rtmp_connect(&ctx) == RTMP_OK && rtmp_start(&ctx) == RTMP_OK);
    AWAIT(rtmp_get_state(&ctx) == RTMP_STATE_PUBLISHING);
    for (i = 0; i < 20; i++) {
        CHECK(rtmp_get_stats(&ctx, &before) == RTMP_OK);
        fork_once(&ctx, ways[i % 4]);
        AWAIT(rtmp_get_stats(&ctx, &after) == RTMP_OK && after.video_frames_sent > before.video_frames_sent);
    }
    CHECK(rtmp_disconnect(&ctx) == RTMP_OK && rtmp_get_state(&ctx) == RTMP_STATE_DISCONNECTED);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
    return 0;
}
