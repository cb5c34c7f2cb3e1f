/* ctx:getStats() of a context whose counts are large: internal/luaface/stats.c over a library that says them. */
#include <stdio.h>
#include <string.h>

#include <lualib.h>

#include "context.h"
#include "methods.h"

struct context *context_check(lua_State *L)
{
    return lua_touserdata(L, 1);
}

rtmp_state_t rtmp_get_state(rtmp_ctx_t *ctx)
{
    (void)ctx;
    return RTMP_STATE_PUBLISHING;
}

int rtmp_get_stats(rtmp_ctx_t *ctx, rtmp_stats_t *s)
{
    (void)ctx;
    s->bytes_sent = UINT64_C(5000000000);
    s->i_bytes = UINT64_MAX;
    s->p_bytes = UINT64_C(2147483648);
    s->packets_sent = 2147483647;
    s->connection_time = UINT32_MAX;
    s->last_video_timestamp = 16777217; /* what a float of 32 bits cannot hold */
    return RTMP_OK;
}

int rtmp_get_info(rtmp_ctx_t *ctx, rtmp_info_t *info)
{
    (void)ctx;
    (void)info;
    return RTMP_OK;
}

uint32_t rtmp_get_source_error(rtmp_ctx_t *ctx, char *text, uint32_t size)
{
    (void)ctx;
    (void)text;
    (void)size;
    return 0;
}

uint32_t rtmp_get_error(rtmp_ctx_t *ctx, int *code, char *text, uint32_t size)
{
    (void)ctx;
    (void)text;
    (void)size;
    *code = RTMP_OK;
    return 0;
}

uint32_t rtmp_describe(rtmp_ctx_t *ctx, char *text, uint32_t size)
{
    (void)ctx;
    (void)text;
    return size;
}

static const char checks[] =
    "local s = ...\n"
    "local wide = math.maxinteger > 2147483647\n"
    "assert(s.bytes_sent == 5e9, s.bytes_sent)\n"
    "assert(s.i_bytes == 2.0 ^ 64, s.i_bytes)\n"
    "assert(s.p_bytes == 2.0 ^ 31, s.p_bytes)\n"
    "assert(math.type(s.p_bytes) == (wide and 'integer' or 'float'))\n"
    "assert(s.packets_sent == 2147483647 and math.type(s.packets_sent) == 'integer', s.packets_sent)\n"
    "assert(s.last_video_timestamp == 16777217 and math.type(s.last_video_timestamp) == 'integer', s.last_video_timestamp)\n"
    "if wide then assert(s.connection_time == 4294967295) else assert(s.connection_time == 2.0 ^ 32) end\n"
    "for name, n in pairs(s) do assert(type(n) == 'string' or n >= 0, name) end\n";

int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_loadstring(L, checks) != LUA_OK)
        return 2;
    lua_pushcfunction(L, context_get_stats);
    memset(lua_newuserdata(L, sizeof(struct context)), 0, sizeof(struct context));
    lua_call(L, 1, 1);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 1;
    }
    lua_close(L);
    return 0;
}
