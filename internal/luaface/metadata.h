/* Metadata: Lua tables -> the C API. */
#ifndef LUAFACE_METADATA_H
#define LUAFACE_METADATA_H

#include "context.h"

/*
 * Applies the metadata in the table at index i. Returns RTMP_OK, or a code with a
 * text pushed.
 */
int context_set_metadata(lua_State *L, int i, struct context *c);

#endif
