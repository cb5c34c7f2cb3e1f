/* Sources: Lua values -> the C API. */
#ifndef LUAFACE_SOURCE_H
#define LUAFACE_SOURCE_H

#include "context.h"

/*
 * Applies a source, the value at index i: a string, false, or a table. Returns RTMP_OK, or a code with a
 * text pushed.
 */
int context_set_source(lua_State *L, int i, struct context *c);

#endif
