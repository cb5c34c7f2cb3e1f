/*
 * A Lua module rtmp over the C API, in the shape of the binding that LuatOS ships over its own component: it has a
 * luaopen_rtmp of its own, puts the context into a larger struct, posts each state to the message bus from inside the state
 * callback, and sends the camera's frames, whatever their type, to the context of g_rtmp_ctx, which it only declares.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "luat_rtmp_push.h"

/* What LuatOS's headers declare. */
typedef struct rtos_msg {
    int (*handler)(lua_State *L, void *ptr);
    void *ptr;
    int   arg1;
    int   arg2;
} rtos_msg_t;

typedef struct {
    uint64_t *data;
    union {
        struct {
            int w;
            int h;
            int color_bytes;
        };
        int total_bytes;
    };
    uint8_t data_type;
} luat_camera_frame_data_t;

uint32_t luat_msgbus_put(rtos_msg_t *msg, size_t timeout);
void     luat_camera_set_frame_data_callback(int id, void (*callback)(luat_camera_frame_data_t *, void *), void *user_data);

extern rtmp_ctx_t *g_rtmp_ctx;

int luaopen_rtmp(lua_State *L);

typedef struct {
    rtmp_ctx_t rtmp;
    int        callback_ref;
} binding_t;

static uint32_t refused; /* frames */

static uint32_t ticks(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static void on_frame(luat_camera_frame_data_t *frame, void *user_data)
{
    uint8_t *copy = malloc((size_t)frame->total_bytes);
    (void)user_data;
    memcpy(copy, frame->data, (size_t)frame->total_bytes);
    if (g_rtmp_ctx != NULL && rtmp_send_nalu(g_rtmp_ctx, copy, (uint32_t)frame->total_bytes, ticks()) != RTMP_OK)
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    free(copy);
}

static binding_t *check(lua_State *L)
{
    return luaL_checkudata(L, 1, "rtmp_ctx");
}

static int create(lua_State *L)
{
    const char *url = luaL_checkstring(L, 1);
    binding_t  *b = lua_newuserdata(L, sizeof *b);
    if (rtmp_init(&b->rtmp) != RTMP_OK)
        return 0;
    if (rtmp_set_url(&b->rtmp, url) != RTMP_OK) {
        rtmp_deinit(&b->rtmp);
        return 0;
    }
    b->rtmp.user_data = b;
    b->rtmp.adapter_id = (uint8_t)luaL_optinteger(L, 2, 0);
    b->callback_ref = LUA_NOREF;
    luaL_getmetatable(L, "rtmp_ctx");
    lua_setmetatable(L, -2);
    luat_camera_set_frame_data_callback(0, on_frame, NULL);
    return 1;
}

static int set_callback(lua_State *L)
{
    binding_t *b = check(L);
    luaL_unref(L, LUA_REGISTRYINDEX, b->callback_ref);
    lua_pushvalue(L, 2);
    b->callback_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushboolean(L, 1);
    return 1;
}

static int handle(lua_State *L, void *ptr)
{
    const rtos_msg_t *msg = lua_topointer(L, -1);
    const binding_t  *b = msg->ptr;
    (void)ptr;
    if (b->callback_ref == LUA_NOREF)
        return 0;
    lua_rawgeti(L, LUA_REGISTRYINDEX, b->callback_ref);
    lua_pushinteger(L, msg->arg1);
    lua_call(L, 1, 0);
    return 0;
}

static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int error_code)
{
    rtos_msg_t msg = {handle, ctx->user_data, (int)new_state, (int)old_state};
    (void)error_code;
    luat_msgbus_put(&msg, 0);
}

static int push_code(lua_State *L, int code)
{
    lua_pushboolean(L, code == RTMP_OK);
    return 1;
}

static int connect(lua_State *L)
{
    binding_t *b = check(L);
    rtmp_set_state_callback(&b->rtmp, on_state);
    return push_code(L, rtmp_connect(&b->rtmp));
}

static int disconnect(lua_State *L)
{
    return push_code(L, rtmp_disconnect(&check(L)->rtmp));
}

static int start(lua_State *L)
{
    rtmp_poll(&check(L)->rtmp);
    return 0;
}

static int stop(lua_State *L)
{
    check(L);
    return 0;
}

static int get_state(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)rtmp_get_state(&check(L)->rtmp));
    return 1;
}

static int get_stats(lua_State *L)
{
    rtmp_stats_t stats = {0};
    rtmp_get_stats(&check(L)->rtmp, &stats);
    lua_newtable(L);
    lua_pushinteger(L, (lua_Integer)stats.bytes_sent);
    lua_setfield(L, -2, "bytes_sent");
    lua_pushinteger(L, stats.video_frames_sent);
    lua_setfield(L, -2, "video_frames_sent");
    lua_pushinteger(L, stats.audio_frames_sent);
    lua_setfield(L, -2, "audio_frames_sent");
    lua_pushinteger(L, stats.connection_time);
    lua_setfield(L, -2, "connection_time");
    return 1;
}

static int destroy(lua_State *L)
{
    binding_t *b = check(L);
    luaL_unref(L, LUA_REGISTRYINDEX, b->callback_ref);
    b->callback_ref = LUA_NOREF;
    rtmp_deinit(&b->rtmp);
    return 0;
}

/* rtmp.current() -> the context of g_rtmp_ctx is ctx; rtmp.detach(): it is none. Not LuatOS's. */
static int is_current(lua_State *L)
{
    lua_pushboolean(L, g_rtmp_ctx == &check(L)->rtmp);
    return 1;
}

static int detach(lua_State *L)
{
    (void)L;
    g_rtmp_ctx = NULL;
    return 0;
}

/* rtmp.refused() -> frames that were refused */
static int get_refused(lua_State *L)
{
    lua_pushinteger(L, __atomic_load_n(&refused, __ATOMIC_SEQ_CST));
    return 1;
}

static const luaL_Reg methods[] = {
    {"setCallback", set_callback}, {"connect", connect},     {"disconnect", disconnect}, {"start", start},
    {"stop", stop},                {"getState", get_state},  {"getStats", get_stats},    {"destroy", destroy},
    {"isCurrent", is_current},     {"__gc", destroy},        {NULL, NULL},
};

static const luaL_Reg functions[] = {{"create", create}, {"detach", detach}, {"refused", get_refused}, {NULL, NULL}};

int luaopen_rtmp(lua_State *L)
{
    luaL_newmetatable(L, "rtmp_ctx");
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    lua_pushinteger(L, RTMP_STATE_PUBLISHING);
    lua_setfield(L, -2, "STATE_PUBLISHING");
    return 1;
}
