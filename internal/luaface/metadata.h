/* Metadata: Lua tables -> the C API. */
#ifndef LUAFACE_METADATA_H
#define LUAFACE_METADATA_H

#include "context.h"

/* Applies the metadata in the table at index i. Returns 0 and pushes a text when it is wrong. */
int context_set_metadata(lua_State *L, int i, struct context *c);

#endif
