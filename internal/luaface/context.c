/* The life of a context, its connection and its callbacks: Lua values -> the C API. */
#include "context.h"

#include <string.h>

#include "../luatos/camera.h"
#include "library.h"
#include "methods.h"
#include "stack.h"

#define MARKER_TYPE "rtmp_marker"

struct module *module_check(lua_State *L)
{
    struct module *m = lua_touserdata(L, lua_upvalueindex(1));
    if (m->bus == NULL)
        luaL_error(L, "rtmp: the Lua state is being closed");
    return m;
}

struct context *context_check(lua_State *L)
{
    int same = 0;
    if (lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1)) {
        same = lua_rawequal(L, -1, lua_upvalueindex(1));
        lua_pop(L, 1);
    }
    if (!same)
        type_error(L, 1, CONTEXT_TYPE);
    return lua_touserdata(L, 1);
}

int context_push_error(lua_State *L, struct context *c)
{
    char text[MAX_TEXT];
    int  code = RTMP_ERR_FAILED;
    rtmp_get_call_error(&c->rtmp, &code, text, sizeof text);
    lua_pushstring(L, text);
    return code;
}

int context_result(lua_State *L, struct context *c, int code)
{
    if (code == RTMP_OK)
        return push_ok(L);
    context_push_error(L, c);
    return push_error(L, code);
}

int context_destroyed(lua_State *L)
{
    lua_pushstring(L, "the context is destroyed: make a new one with rtmp.create");
    return push_error(L, RTMP_ERR_FAILED);
}

/* Called from a thread of the library. */
static void on_state(rtmp_ctx_t *ctx, rtmp_state_t old_state, rtmp_state_t new_state, int code)
{
    struct context *c = (struct context *)ctx;
    struct event    e = {c->number, EVENT_STATE, (int)new_state, code, 0, 0};
    char            text[MAX_TEXT] = "";
    (void)old_state;
    if (new_state == RTMP_STATE_ERROR)
        rtmp_get_error(ctx, NULL, text, sizeof text);
    bus_post(c->bus, &e, text, c->reserve);
    luatos_camera_follow(c->camera, new_state);
}

/* Called from a thread of the library. */
static void on_bitrate(rtmp_ctx_t *ctx, uint32_t kbps, uint32_t queue_ms)
{
    struct context *c = (struct context *)ctx;
    struct event    e = {c->number, EVENT_BITRATE, 0, 0, kbps, queue_ms};
    bus_post(c->bus, &e, "", NULL); /* where there is no memory the next one will do */
}

/* Called from a thread of the library. The script answers when it polls. */
static int on_url(rtmp_ctx_t *ctx)
{
    struct context *c = (struct context *)ctx;
    struct event    e = {c->number, EVENT_URL, 0, 0, 0, 0};
    if (!bus_post(c->bus, &e, "", NULL))
        return RTMP_OK; /* nobody can be asked: the URL that is set stays */
    return RTMP_URL_LATER;
}

void context_set_url_callback(lua_State *L, struct context *c)
{
    int top = lua_gettop(L);
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    lua_rawgeti(L, -1, c->number);
    host_get_own_table(L, -1);
    lua_pushvalue(L, top);
    lua_setfield(L, -2, URL_CALLBACK);
    lua_settop(L, top - 1);
    rtmp_set_url_callback(&c->rtmp, on_url);
}

/*
 * A context lives while it is connected, under way or waits to reconnect, whatever still refers to it: a script may leave it
 * to its own callback, which dies with it. So connect puts the context into the table HELD_KEY, from which the collector's
 * marker takes it once nothing can come of it any more. Everything here runs on the interpreter's own thread.
 */
static void context_hold(lua_State *L, struct context *c)
{
    lua_getfield(L, LUA_REGISTRYINDEX, HELD_KEY);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, c->number);
    lua_pop(L, 1);
}

static void context_release(lua_State *L, struct context *c)
{
    int top = lua_gettop(L);
    lua_getfield(L, LUA_REGISTRYINDEX, HELD_KEY);
    lua_rawgeti(L, -1, c->number);
    if (!lua_isnil(L, -1)) { /* to set a field that is not there may need memory */
        lua_pushnil(L);
        lua_rawseti(L, -3, c->number);
    }
    lua_settop(L, top);
}

/* Whether the context on the top has a callback. */
static int has_callback(lua_State *L)
{
    int top = lua_gettop(L), found;
    host_get_own_table(L, top);
    lua_pushnil(L);
    found = lua_next(L, top + 1);
    lua_settop(L, top);
    return found;
}

/* Whether the context on the top has a session, or an event that its callback has not had yet. */
static int is_needed(lua_State *L, const struct module *m)
{
    struct context *c = lua_touserdata(L, -1);
    if (!c->alive)
        return 0;
    if (rtmp_is_busy(&c->rtmp)) /* asked first: what a context posted that is busy no more lies on the bus */
        return 1;
    return has_callback(L) && bus_waits_for(m->bus, c->number);
}

/*
 * A marker is a userdatum that nothing refers to: each cycle of the collector finalizes it. Then it releases the contexts
 * that need not be held any more, and leaves another marker for the next cycle. That works whether the script polls or not.
 */
static void leave_marker(lua_State *L)
{
    lua_newuserdata(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, MARKER_TYPE);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

static int marker_collected(lua_State *L)
{
    struct module *m;
    lua_settop(L, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, MODULE_KEY);
    m = lua_touserdata(L, 1);
    if (m == NULL || m->bus == NULL) /* the state is being closed */
        return 0;
    lua_getfield(L, LUA_REGISTRYINDEX, HELD_KEY);
    for (lua_pushnil(L); lua_next(L, 2) != 0; lua_settop(L, 3)) {
        if (is_needed(L, m))
            continue;
        lua_pushvalue(L, 3);
        lua_pushnil(L);
        lua_rawset(L, 2); /* a field that exists may be removed on the way */
    }
    leave_marker(L);
    return 0;
}

void context_open_held(lua_State *L)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, HELD_KEY);
    luaL_newmetatable(L, MARKER_TYPE);
    lua_pushcfunction(L, marker_collected);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    leave_marker(L);
}

struct context *context_new(lua_State *L, struct module *m, int *code)
{
    struct context *c = lua_newuserdata(L, sizeof *c);
    memset(c, 0, sizeof *c);
    lua_getfield(L, LUA_REGISTRYINDEX, CONTEXT_TYPE);
    lua_setmetatable(L, -2);
    lua_createtable(L, 0, 3);
    host_set_own_table(L, -2);
    c->number = ++m->contexts;
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, c->number);
    lua_pop(L, 1);
    c->bus = bus_share(module_check(L)->bus); /* checked anew: what is above may have run the finalizers of a state that closes */
    c->reserve = bus_reserve();
    *code = c->reserve == NULL ? RTMP_ERR_NO_MEMORY : init_context(&c->rtmp);
    c->alive = *code == RTMP_OK;
    rtmp_set_state_callback(&c->rtmp, on_state);
    return c;
}

/* Ends what c stands for, with end or, if it is not alive, without. */
static void finish(struct context *c, void (*end)(rtmp_ctx_t *ctx))
{
    if (c->alive) {
        c->alive = 0;
        luatos_camera_leave(c->camera);
        end(&c->rtmp);
    }
    bus_give_back(c->bus, c->reserve);
    c->reserve = NULL;
    bus_leave(c->bus);
    c->bus = NULL;
}

void context_end(struct context *c)
{
    finish(c, leave_context);
}

static void end_and_wait(rtmp_ctx_t *ctx)
{
    rtmp_deinit(ctx);
}

int context_destroy(lua_State *L)
{
    struct context *c = context_check(L);
    finish(c, end_and_wait);
    context_release(L, c);
    return 0;
}

int context_collect(lua_State *L)
{
    context_end(context_check(L));
    return 0;
}

/* Stores the function or nil at index 2 as a callback; pushes whether it is one. */
static int set_callback(lua_State *L, const char *name)
{
    struct context *c = context_check(L);
    int             type = lua_type(L, 2), good = type == LUA_TFUNCTION || type == LUA_TNIL;
    lua_settop(L, 2);
    if (good && c->alive) {
        host_get_own_table(L, 1);
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, name);
    }
    lua_pushboolean(L, good);
    return 1;
}

int context_set_callback(lua_State *L)
{
    return set_callback(L, STATE_CALLBACK);
}

int context_set_bitrate_callback(lua_State *L)
{
    struct context *c = context_check(L);
    int             results = set_callback(L, BITRATE_CALLBACK);
    if (c->alive && lua_toboolean(L, -1))
        rtmp_set_bitrate_callback(&c->rtmp, lua_isfunction(L, 2) ? on_bitrate : NULL);
    return results;
}

int context_connect(lua_State *L)
{
    struct context *c = context_check(L);
    if (!c->alive)
        return context_destroyed(L);
    context_hold(L, c); /* first, because it may raise for want of memory; one that does not connect is released again */
    return context_result(L, c, rtmp_connect(&c->rtmp));
}

int context_disconnect(lua_State *L)
{
    rtmp_disconnect(&context_check(L)->rtmp);
    return push_ok(L);
}

int context_start(lua_State *L)
{
    struct context *c = context_check(L);
    luatos_camera_pause(c->camera, 0);
    rtmp_start(&c->rtmp);
    return 0;
}

int context_stop(lua_State *L)
{
    struct context *c = context_check(L);
    luatos_camera_pause(c->camera, 1); /* first: none of its frames follows */
    rtmp_stop(&c->rtmp);
    return 0;
}
