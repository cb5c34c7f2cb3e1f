/* Values of Lua's tables as the C API takes them: options, fields of sources, metadata. */
#ifndef LUAFACE_VALUES_H
#define LUAFACE_VALUES_H

#include <stddef.h>

#include "host.h"

/* The number at index i as text, with a point whatever the locale, and with as many digits as keep every value. */
void number_text(lua_State *L, int i, char *text, size_t size);

/* Whether the string at index i, a value, can be one of C; pushes a text when it cannot, without the value. */
int is_text(lua_State *L, int i, const char *what);

/* The same of a name. */
int is_name(lua_State *L, int i, const char *what);

#endif
