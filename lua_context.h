/*
 * Shared by the files of the Lua face:
 *
 *     luaopen_rtmp.c  opening, create
 *     lua_check.c     arguments, and names in messages
 *     lua_context.c   life, connection and callbacks of a context
 *     lua_options.c   options, sources, metadata
 *     lua_media.c     pushed frames
 *     lua_stats.c     state, statistics, errors
 *     lua_poll.c      delivery of callbacks
 *     lua_log.c       the log, where the script takes it
 *     lua_bus.c       from the library's threads to the interpreter's
 *     luatos_host.h   LuatOS as the host
 *     lua_host.h      the Lua that hosts the module
 */
#ifndef LUA_CONTEXT_H
#define LUA_CONTEXT_H

#include "include/luat_rtmp_push.h"
#include "lua_bus.h"
#include "lua_host.h"

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
    struct entry *reserve; /* on the bus, for the newest state when there is no memory */
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
 * of contexts, which is faster than to find it by its name in the registry. lua_check.c, as the functions up to shown
 */
struct context *context_check(lua_State *L);

/*
 * These raise "bad argument #2 to 'sendVideo' (text)" as luaL_argerror and its like do, with the name of the function that
 * runs, of whatever name and in whatever way it was called.
 */
int         argument_error(lua_State *L, int i, const char *text);
const char *argument_string(lua_State *L, int i, size_t *size);
lua_Number  argument_number(lua_State *L, int i);

/* The name of the module's function that runs, such as "sendVideo". */
const char *function_name(lua_State *L);

/* The name in Lua of a function of the module or of a context, or NULL. luaopen_rtmp.c */
const char *name_of(lua_CFunction function);

#define MAX_SHOWN 200 /* bytes of a name in a message */

/* Copies a name for a message to buffer, of MAX_SHOWN + 4 bytes: cut, and without control characters. Returns buffer. */
const char *shown(const char *name, char *buffer);

/* Pushes false, the text and the code of the call that failed; returns 3. */
int context_failed(lua_State *L, struct context *c, int code);

/* Pushes false, a text and a code for what cannot be done with a destroyed context; returns 3. */
int context_destroyed(lua_State *L);

/* Makes the function on the top, which it pops, the one that the script is asked for a fresh URL by. lua_context.c */
void context_set_url_callback(lua_State *L, struct context *c);

/* Applies the table of options at index i, but for the source. Returns 0 and pushes a text when one is wrong. lua_options.c */
int context_set_options(lua_State *L, int i, struct context *c);

/* Applies a source, the value at index i: a string, false, or a table. Returns 0 and pushes a text when it is wrong. */
int context_set_source(lua_State *L, int i, struct context *c);

/* Applies the metadata in the table at index i. Returns 0 and pushes a text when it is wrong. */
int context_set_metadata(lua_State *L, int i, struct context *c);

/* The methods of a context, and the functions of the module that stand in a file of their own. */
int context_set_callback(lua_State *L);
int context_set_bitrate_callback(lua_State *L);
int context_connect(lua_State *L);
int context_disconnect(lua_State *L);
int context_start(lua_State *L);
int context_stop(lua_State *L);
int context_use_source(lua_State *L);
int context_use_metadata(lua_State *L);
int context_send_video(lua_State *L);
int context_send_audio(lua_State *L);
int context_get_state(lua_State *L);
int context_get_stats(lua_State *L);
int context_get_error(lua_State *L);
int context_tostring(lua_State *L);
int context_destroy(lua_State *L); /* destroy and __close */
int context_collect(lua_State *L); /* __gc: does not wait, because all contexts are collected one after the other when their state closes */
int module_poll(lua_State *L);
int module_set_logger(lua_State *L);

/*
 * Delivers the oldest event of L's bus, if there is one; returns the number of callbacks called. Raises what the callback
 * raises. lua_poll.c
 */
int module_deliver(lua_State *L);

/* ---- lua_log.c ---- */

/* Lets the lines of the log go to the Lua state of a bus, until another one takes them, or it gives them back. */
void log_take(struct bus *bus);

/* Gives the log back, if the Lua state of the bus has it. */
void log_give_back(struct bus *bus);

/* Hands the oldest line that waits for the script to its function; returns 1, or 0 if there is none. Raises what that raises. */
int log_deliver(lua_State *L, struct module *m);

#endif
