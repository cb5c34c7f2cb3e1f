/* Options: Lua tables -> the C API. */
#ifndef LUAFACE_OPTIONS_H
#define LUAFACE_OPTIONS_H

#include "context.h"

/*
 * Applies the table of options at index i, but for the source. Returns RTMP_OK, or a code with a text
 * pushed.
 */
int context_set_options(lua_State *L, int i, struct context *c);

#endif
