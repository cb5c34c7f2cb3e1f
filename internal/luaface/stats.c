/* What a context says of itself: state, statistics, the last failure. */
#include <string.h>

#include "context.h"
#include "methods.h"

int context_get_state(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)rtmp_get_state(&context_check(L)->rtmp));
    return 1;
}

static void set_count(lua_State *L, const char *name, uint64_t n)
{
    host_push_count(L, n);
    lua_setfield(L, -2, name);
}

int context_get_stats(lua_State *L)
{
    struct context *c = context_check(L);
    rtmp_stats_t    s;
    rtmp_info_t     n;
    char            text[MAX_TEXT];

    memset(&s, 0, sizeof s);
    memset(&n, 0, sizeof n);
    rtmp_get_stats(&c->rtmp, &s);
    rtmp_get_info(&c->rtmp, &n);
    lua_createtable(L, 0, 24);
    set_count(L, "bytes_sent", s.bytes_sent);
    set_count(L, "video_frames_sent", s.video_frames_sent);
    set_count(L, "audio_frames_sent", s.audio_frames_sent);
    set_count(L, "connection_time", s.connection_time);
    set_count(L, "packets_sent", s.packets_sent);
    set_count(L, "last_video_timestamp", s.last_video_timestamp);
    set_count(L, "last_audio_timestamp", s.last_audio_timestamp);
    set_count(L, "i_frames", s.i_frames);
    set_count(L, "p_frames", s.p_frames);
    set_count(L, "i_bytes", s.i_bytes);
    set_count(L, "p_bytes", s.p_bytes);
    set_count(L, "audio_bytes", s.audio_bytes);
    set_count(L, "dropped_frames", s.dropped_frames);
    set_count(L, "dropped_bytes", s.dropped_bytes);
    set_count(L, "queue_ms", n.queue_ms);
    set_count(L, "queue_bytes", n.queue_bytes);
    set_count(L, "send_kbps", n.send_kbps);
    if (n.rtt_known)
        set_count(L, "rtt_ms", n.rtt_ms);
    set_count(L, "reconnects", n.reconnects);
    set_count(L, "width", n.width);
    set_count(L, "height", n.height);
    lua_pushstring(L, n.video_codec);
    lua_setfield(L, -2, "video_codec");
    lua_pushstring(L, n.audio_codec);
    lua_setfield(L, -2, "audio_codec");
    if (rtmp_get_source_error(&c->rtmp, text, sizeof text) > 0) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, "source_error");
    }
    return 1;
}

int context_get_error(lua_State *L)
{
    struct context *c = context_check(L);
    char            text[MAX_TEXT];
    int             code = RTMP_OK;

    rtmp_get_error(&c->rtmp, &code, text, sizeof text);
    if (code == RTMP_OK) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, code);
    lua_pushstring(L, text);
    return 2;
}

int context_tostring(lua_State *L)
{
    struct context *c = context_check(L);
    char            text[MAX_TEXT] = "destroyed";
    if (c->alive)
        rtmp_describe(&c->rtmp, text, sizeof text);
    lua_pushfstring(L, CONTEXT_TYPE " (%s)", text);
    return 1;
}
