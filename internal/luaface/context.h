/* A context, as a userdatum of Lua: its life, its connection, its callbacks. And what a Lua state has of the module. */
#ifndef LUAFACE_CONTEXT_H
#define LUAFACE_CONTEXT_H

#include "../../include/luat_rtmp_push.h"
#include "bus.h"
#include "host.h"

#define CONTEXT_TYPE "rtmp_ctx" /* name of the metatable, as in LuatOS */
#define MODULE_KEY "rtmp.module" /* registry: the module's userdatum */
#define LIVE_KEY "rtmp.live"    /* registry: number -> context, weak values */
#define HELD_KEY "rtmp.held"    /* registry: number -> context, of those that must not be collected; see context_hold */

#define STATE_CALLBACK "state" /* fields of a context's own table */
#define BITRATE_CALLBACK "bitrate"
#define URL_CALLBACK "url"

/* One for each Lua state; upvalue 1 of the module's functions. */
struct module {
    struct bus *bus;
    int         contexts; /* made so far: the number of the last one */
    int         told_how_sources_are_given; /* in the log */
};

/* What stands behind the userdatum. */
struct context {
    rtmp_ctx_t  rtmp; /* first: the library's callbacks get its address */
    int         number; /* by which an event finds it */
    int         alive;  /* between create and destroy */
    struct bus *bus;
    struct reserve *reserve; /* on the bus, for states when there is no memory */
    int         camera; /* number on LuatOS's camera; 0: not on it. Set before the first state */
};

#define MAX_TEXT EVENT_TEXT /* of an error; longer ones are cut */

/*
 * Pushes a new context: a userdatum with its metatable and its own table, released by __gc whatever happens. *code is RTMP_OK, or
 * why it is not alive.
 */
struct context *context_new(lua_State *L, struct module *m, int *code);

/* Makes what context_hold needs in the registry. */
void context_open_held(lua_State *L);

/*
 * Ends what c stands for, alive or not, without waiting for the goodbye to its server. No thread of the library looks at c
 * any more when it has returned. Calls no Lua.
 */
void context_end(struct context *c);

/* Upvalue 1; raises when its state is being closed and it is gone. */
struct module *module_check(lua_State *L);

/*
 * Argument 1, alive or not; raises unless it is a context. For the functions of a context only: their upvalue 1 is the metatable
 * of contexts, which is faster than to find it by its name in the registry.
 */
struct context *context_check(lua_State *L);

/* Pushes the text of the call on the context that failed last; returns its code. */
int context_push_error(lua_State *L, struct context *c);

/* Pushes what a function returns after a call on the context that has returned code; returns how many values. */
int context_result(lua_State *L, struct context *c, int code);

/* The same for what cannot be done with a destroyed context. */
int context_destroyed(lua_State *L);

/* Makes the function on the top, which it pops, the one that the script is asked for a fresh URL by. */
void context_set_url_callback(lua_State *L, struct context *c);

#endif
