/* A program without Lua: it links with rtmp.so, and the life of a context works. Prints the library's version. */
#include <stdio.h>
#include <string.h>

#include "luat_rtmp_push.h"

#define CHECK(condition)                                          \
    do {                                                          \
        if (!(condition)) {                                       \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
            return 1;                                             \
        }                                                         \
    } while (0)

int main(void)
{
    rtmp_ctx_t   ctx = {0};
    rtmp_stats_t stats;
    char         text[256];

    ctx.adapter_id = 7;
    CHECK(rtmp_init(&ctx) == RTMP_OK);
    CHECK(ctx.adapter_id == 7);
    CHECK(rtmp_get_state(&ctx) == RTMP_STATE_IDLE);
    CHECK(rtmp_set_url(&ctx, "no URL") == RTMP_ERR_INVALID_PARAM);
    CHECK(rtmp_get_call_error(&ctx, NULL, text, sizeof text) == strlen(text) && strlen(text) > 0);
    CHECK(rtmp_set_url(&ctx, "rtmp://127.0.0.1/live/stream") == RTMP_OK);
    CHECK(rtmp_get_stats(&ctx, &stats) == RTMP_OK && stats.bytes_sent == 0);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
    CHECK(rtmp_deinit(&ctx) == RTMP_OK);
    CHECK(rtmp_get_state(&ctx) == RTMP_STATE_IDLE);
    CHECK(rtmp_connect(&ctx) == RTMP_ERR_INVALID_PARAM);
    puts(RTMP_VERSION);
    return 0;
}
