/* Arguments and results of the module's functions, and names in messages. */
#ifndef LUAFACE_STACK_H
#define LUAFACE_STACK_H

#include <stddef.h>

#include "host.h"

/*
 * These raise "bad argument #2 to 'sendVideo' (text)" as luaL_argerror and its like do, with the name of the function that
 * runs, of whatever name and in whatever way it was called.
 */
int         argument_error(lua_State *L, int i, const char *text);
int         type_error(lua_State *L, int i, const char *expected);
const char *argument_string(lua_State *L, int i, size_t *size);
lua_Number  argument_number(lua_State *L, int i);

/*
 * What a function returns that may fail: true; or false, the text on the top, and a code. Both return how many values they have
 * pushed.
 */
int push_ok(lua_State *L);
int push_error(lua_State *L, int code);

/*
 * Calling a function of the script: push_traceback_adder() first, then the function and its arguments, then call_script() with the
 * index of what was pushed first. That is lua_call(), but a text that is raised has a traceback of where it happened; other values
 * are raised as they are. call_script() itself needs no memory.
 */
void push_traceback_adder(lua_State *L);
void call_script(lua_State *L, int adder, int arguments, int results);

/* The name of the module's function that runs, such as "sendVideo". */
const char *function_name(lua_State *L);

/* Makes the table of names, once for each Lua state; names the function on the top, which stays there. */
void names_open(lua_State *L);
void names_add(lua_State *L, const char *name);

#define MAX_SHOWN 200 /* bytes of a name in a message */

/* Copies a name for a message to buffer, of MAX_SHOWN + 4 bytes: cut, and without control characters. Returns buffer. */
const char *shown(const char *name, char *buffer);

#endif
