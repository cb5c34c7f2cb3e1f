/*
 * Publishes the built-in clip, or a file, for some seconds. No Lua takes part.
 * 用 C 推流若干秒：内置片段或一个文件，与 Lua 无关。
 *
 *     gcc -Iinclude examples/publish.c build/rtmp.so -Wl,-rpath,"$PWD/build" -o build/publish
 *     build/publish rtmp://127.0.0.1:1935/live/stream 8 movie.mp4
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "luat_rtmp_push.h"

/* Called from a thread of the library. 由库的线程调用。 */
static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int error_code)
{
    (void)ctx;
    printf("state 状态: %d -> %d (%d)\n", (int)old_state, (int)new_state, error_code);
}

static int complain(rtmp_ctx_t *ctx, uint32_t (*get)(rtmp_ctx_t *, int *, char *, uint32_t))
{
    char text[1024];
    int  code;

    get(ctx, &code, text, sizeof text);
    fprintf(stderr, "error 错误 %d: %s\n", code, text);
    rtmp_deinit(ctx);
    return 1;
}

int main(int argc, char **argv)
{
    const struct timespec step = {0, 100 * 1000000};
    rtmp_ctx_t            ctx = {0};
    rtmp_stats_t          stats;
    int                   steps;

    if (argc < 3) {
        fprintf(stderr, "usage 用法: publish URL SECONDS [FILE]\n");
        return 2;
    }
    rtmp_init(&ctx);
    rtmp_set_state_callback(&ctx, on_state);
    if (rtmp_set_url(&ctx, argv[1]) != RTMP_OK || (argc > 3 && rtmp_set_source(&ctx, argv[3]) != RTMP_OK))
        return complain(&ctx, rtmp_get_call_error);

    rtmp_connect(&ctx);
    rtmp_start(&ctx);
    for (steps = atoi(argv[2]) * 10; steps > 0 && rtmp_get_state(&ctx) != RTMP_STATE_DISCONNECTED; steps--) {
        if (rtmp_get_state(&ctx) == RTMP_STATE_ERROR)
            return complain(&ctx, rtmp_get_error);
        nanosleep(&step, NULL);
    }

    rtmp_disconnect(&ctx); /* sends what still waits 发完剩余数据 */
    rtmp_get_stats(&ctx, &stats);
    printf("sent 已发送: %u pictures 帧画面, %u audio frames 帧音频\n", stats.video_frames_sent, stats.audio_frames_sent);
    rtmp_deinit(&ctx);
    return 0;
}
