#define _POSIX_C_SOURCE 200809L

#include "values.h"

#include <stdio.h>
#include <string.h>

#include "stack.h"

void number_text(lua_State *L, int i, char *text, size_t size)
{
    int   digits = sizeof(lua_Number) < sizeof(double) && !host_is_integer(L, i) ? 9 : 17;
    char *c;
    snprintf(text, size, "%.*g", digits, host_to_double(L, i));
    for (c = text; *c != '\0'; c++)
        if (*c == ',')
            *c = '.';
}

int is_text(lua_State *L, int i, const char *what)
{
    char        buffer[MAX_SHOWN + 4];
    size_t      length;
    const char *text = lua_tolstring(L, i, &length);
    if (strlen(text) == length)
        return 1;
    lua_pushfstring(L, "%s: the text has a zero byte", shown(what, buffer));
    return 0;
}

int is_name(lua_State *L, int i, const char *what)
{
    char        buffer[MAX_SHOWN + 4];
    size_t      length;
    const char *name = lua_tolstring(L, i, &length);
    if (strlen(name) == length)
        return 1;
    lua_pushfstring(L, "%s '%s': a zero byte stands behind this", what, shown(name, buffer));
    return 0;
}
