/*
 * The Lua module `rtmp`: Lua values <-> the C API of include/luat_rtmp_push.h, of which this is the first user.
 *
 * Here the module is opened and contexts are made; internal/luaface has the rest.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal/luaface/announce.h"
#include "internal/luaface/context.h"
#include "internal/luaface/library.h"
#include "internal/luaface/log.h"
#include "internal/luaface/methods.h"
#include "internal/luaface/options.h"
#include "internal/luaface/source.h"
#include "internal/luaface/stack.h"
#include "internal/luatos/camera.h"
#include "internal/luatos/msgbus.h"

#define MODULE_TYPE "rtmp_module"

/*
 * Sets the source, or the camera, that a script which names no source is to use; see "Where the pictures come from" in the README.
 * Returns RTMP_OK, or a code with a text pushed.
 */
static int set_default_source(lua_State *L, struct context *c)
{
    const char *spec = getenv("RTMP_SOURCE");
    int         code;
    if (spec == NULL || *spec == '\0') {
        c->camera = luatos_camera_join(&c->rtmp);
        return RTMP_OK;
    }
    lua_pushstring(L, spec);
    code = context_set_source(L, lua_gettop(L), c);
    if (code == RTMP_OK)
        return RTMP_OK;
    lua_pushfstring(L, "RTMP_SOURCE: %s", lua_tostring(L, -1));
    /* A script written for a device does not look at create's second result. */
    log_warning(&c->rtmp, "the source that RTMP_SOURCE names cannot be used", lua_tostring(L, -2));
    return code;
}

/* The second argument is of a type that LuatOS's component ignores. The log says so once in each Lua state. */
static void ignore_argument(lua_State *L, struct module *m, struct context *c)
{
    char text[120];
    if (m->told_how_sources_are_given)
        return;
    m->told_how_sources_are_given = 1;
    snprintf(text, sizeof text, "it is a %s; a source is given as {source = \"movie.mp4\"}, an adapter as a number",
             lua_typename(L, lua_type(L, 2)));
    log_warning(&c->rtmp, "the second argument of rtmp.create is ignored", text);
}

/* Pushes nil, the text on the top, and a code; returns 3. */
static int no_context(lua_State *L, int code)
{
    lua_pushnil(L);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, code);
    return 3;
}

/*
 * Sets up a new context from the arguments of rtmp.create: the URL, then options, a number of LuatOS's network adapter, or nothing.
 * Returns RTMP_OK, or a code with a text pushed.
 */
static int set_up(lua_State *L, struct module *m, struct context *c, const char *url)
{
    int has_source = 0, code = RTMP_OK;
    switch (lua_type(L, 2)) {
    case LUA_TTABLE:
        code = context_set_options(L, 2, c);
        break;
    case LUA_TNUMBER: {
        lua_Number id = lua_tonumber(L, 2);
        c->rtmp.adapter_id = id >= -2147483648.0 && id < 2147483648.0 ? (int32_t)id : 0;
        break;
    }
    case LUA_TNIL:
        break;
    default:
        ignore_argument(L, m, c);
    }
    if (code != RTMP_OK)
        return code;
    if (rtmp_set_url(&c->rtmp, url) != RTMP_OK)
        return context_push_error(L, c);
    if (lua_istable(L, 2)) {
        lua_getfield(L, 2, "source");
        has_source = !lua_isnil(L, -1);
    }
    return has_source ? context_set_source(L, lua_gettop(L), c) : set_default_source(L, c);
}

/* rtmp.create(url [, adapter_id | options]) */
static int module_create(lua_State *L)
{
    struct module  *m = module_check(L);
    size_t          length;
    const char     *url = argument_string(L, 1, &length);
    int             code;
    struct context *c;

    lua_settop(L, 2);
    if (strlen(url) != length)
        argument_error(L, 1, "URL contains a zero byte");
    c = context_new(L, m, &code);
    if (code == RTMP_ERR_NO_MEMORY) {
        lua_pushstring(L, "no memory left");
        return no_context(L, code);
    }
    code = set_up(L, m, c, url);
    if (code != RTMP_OK) { /* nobody else can have seen the context, at index 3 */
        c->alive = 0;
        rtmp_deinit(&c->rtmp);
        return no_context(L, code);
    }
    lua_pushvalue(L, 3);
    return 1;
}

/* rtmp.stateName(state) */
static int module_state_name(lua_State *L)
{
    lua_Number state = argument_number(L, 1);
    int        known = state >= RTMP_STATE_IDLE && state <= RTMP_STATE_ERROR && state == (lua_Number)(int)state;
    lua_pushstring(L, known ? rtmp_state_name((rtmp_state_t)(int)state) : "unknown");
    return 1;
}

/* rtmp.fd() */
static int module_fd(lua_State *L)
{
    lua_pushinteger(L, bus_descriptor(module_check(L)->bus));
    return 1;
}

static time_t loaded; /* the second of CLOCK_MONOTONIC in which the library was loaded */

__attribute__((constructor)) static void note_time_of_loading(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) == 0)
        loaded = t.tv_sec;
}

/*
 * rtmp.ticks(): ms of a clock that is never set. It begins when the library is loaded, so that integers of 32 bits hold
 * it for 24 days; after that a float does, in steps of 256 ms and more, and the time still does not go back.
 */
static int module_ticks(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    host_push_count(L, (uint64_t)(t.tv_sec - loaded) * 1000 + (uint64_t)t.tv_nsec / 1000000);
    return 1;
}

/*
 * __gc, when the state closes. Finalizers of the script may still run after it, and may have made contexts before it
 * that Lua does not finalize any more.
 */
static int module_release(lua_State *L)
{
    struct module *m = lua_touserdata(L, 1);
    if (m->bus == NULL)
        return 0;
    log_give_back(m->bus);
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        context_end(lua_touserdata(L, -1));
    await_goodbyes(); /* of these, and of those that were collected before */
    bus_leave(m->bus);
    m->bus = NULL;
    return 0;
}

static const luaL_Reg context_methods[] = {
    {"setCallback", context_set_callback},
    {"setBitrateCallback", context_set_bitrate_callback},
    {"setSource", context_use_source},
    {"setMetadata", context_use_metadata},
    {"connect", context_connect},
    {"disconnect", context_disconnect},
    {"start", context_start},
    {"stop", context_stop},
    {"sendVideo", context_send_video},
    {"sendAudio", context_send_audio},
    {"getState", context_get_state},
    {"getStats", context_get_stats},
    {"getError", context_get_error},
    {"destroy", context_destroy},
    {NULL, NULL},
};

static const luaL_Reg context_meta[] = {
    {"__gc", context_collect},
    {"__close", context_destroy},
    {"__tostring", context_tostring},
    {NULL, NULL},
};

static const luaL_Reg module_functions[] = {
    {"create", module_create},
    {"poll", module_poll},
    {"fd", module_fd},
    {"ticks", module_ticks},
    {"setLogger", module_set_logger},
    {"stateName", module_state_name},
    {NULL, NULL},
};

static const struct {
    const char *name;
    int         state;
} states[] = {
    {"STATE_IDLE", RTMP_STATE_IDLE},
    {"STATE_CONNECTING", RTMP_STATE_CONNECTING},
    {"STATE_HANDSHAKING", RTMP_STATE_HANDSHAKING},
    {"STATE_CONNECTED", RTMP_STATE_CONNECTED},
    {"STATE_PUBLISHING", RTMP_STATE_PUBLISHING},
    {"STATE_DISCONNECTING", RTMP_STATE_DISCONNECTING},
    {"STATE_DISCONNECTED", RTMP_STATE_DISCONNECTED},
    {"STATE_ERROR", RTMP_STATE_ERROR},
};

/* Into the table on the top: of the module, and of the context, where the documented sample looks for them. */
static void set_states(lua_State *L)
{
    size_t i;
    for (i = 0; i < sizeof states / sizeof *states; i++) {
        lua_pushinteger(L, states[i].state);
        lua_setfield(L, -2, states[i].name);
    }
}

/* Puts functions into the table on the top. Upvalue 1 of each is the value at an index. */
static void set_functions(lua_State *L, const luaL_Reg *f, int upvalue)
{
    for (; f->name != NULL; f++) {
        lua_pushvalue(L, upvalue);
        lua_pushcclosure(L, f->func, 1);
        names_add(L, f->name);
        lua_setfield(L, -2, f->name);
    }
}

/* Makes the metatable of contexts and the tables of the living ones. */
static void make_context_type(lua_State *L)
{
    int metatable = lua_gettop(L) + 1;
    luaL_newmetatable(L, CONTEXT_TYPE);
    set_functions(L, context_meta, metatable);
    lua_createtable(L, 0, 24);
    set_functions(L, context_methods, metatable);
    set_states(L);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);

    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    context_open_held(L);
}

/* Pushes the module's userdatum; it is in the registry from the second time on. */
static void push_module(lua_State *L)
{
    struct module *m;
    lua_getfield(L, LUA_REGISTRYINDEX, MODULE_KEY);
    if (lua_type(L, -1) == LUA_TUSERDATA)
        return;
    lua_pop(L, 1);
    m = lua_newuserdata(L, sizeof *m);
    memset(m, 0, sizeof *m);
    luaL_newmetatable(L, MODULE_TYPE);
    lua_pushcfunction(L, module_release);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    m->bus = bus_new(luatos_has_msgbus() ? announce : NULL);
    if (m->bus == NULL)
        luaL_error(L, "rtmp: no memory or no file descriptor left");
    names_open(L);
    make_context_type(L);
    if (luatos_has_msgbus())
        log_take(m->bus);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, MODULE_KEY);
}

/* Weak: a program that the library is linked into statically may have a luaopen_rtmp of its own, as LuatOS's binding is. */
__attribute__((visibility("default"), weak)) int luaopen_rtmp(lua_State *L);

/*
 * Raises when the host's Lua is another one than the library is built for. Returns 0, after a word on stderr, when the host has
 * no function to raise with, as a program that contains Lua and is linked without -rdynamic.
 */
static int check_host(lua_State *L)
{
#define FUNCTION(name) {#name, (void (*)(void))name},
    static const struct {
        const char *name;
        void (*function)(void);
    } functions[] = {HOST_FUNCTIONS(FUNCTION)};
    size_t i;
    for (i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (functions[i].function != NULL)
            continue;
        if (luaL_error != NULL)
            return luaL_error(L, "rtmp: this library is built for " LUA_VERSION ", and its host, which has no %s, is another one",
                              functions[i].name);
        fputs("rtmp: the host does not export the functions of " LUA_VERSION
              ": link it with -rdynamic (-Wl,-E), or with a shared liblua\n", stderr);
        return 0;
    }
    luaL_checkversion(L);
    return 1;
}

int luaopen_rtmp(lua_State *L)
{
    int module;
    if (!check_host(L))
        return 0;
    push_module(L);
    module = lua_gettop(L);
    lua_createtable(L, 0, 16);
    set_functions(L, module_functions, module);
    set_states(L);
    lua_pushstring(L, RTMP_VERSION);
    lua_setfield(L, -2, "version");

    /* LuatOS's requiref sets the global only; with this its `require "rtmp"` works too. */
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    if (lua_istable(L, -1)) {
        lua_pushvalue(L, -2);
        lua_setfield(L, -2, "rtmp");
    }
    lua_pop(L, 1);
    return 1;
}
