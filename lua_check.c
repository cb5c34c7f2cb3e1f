/* Arguments of the module's functions, and names in messages. */
#include <string.h>

#include "lua_context.h"

const char *function_name(lua_State *L)
{
    union {
        lua_Debug debug;
        char      room[1024]; /* a host's may be larger than that of the headers: LUA_IDSIZE is for hosts to choose */
    } call;
    const char *name = NULL;
    memset(&call, 0, sizeof call);
    if (lua_getstack(L, 0, &call.debug) && lua_getinfo(L, "f", &call.debug)) {
        name = name_of(lua_tocfunction(L, -1));
        lua_settop(L, -2);
    }
    return name == NULL ? "?" : name;
}

/* Whether the function that runs was called with a colon, so that its arguments are counted behind the context. */
static int is_method_call(lua_State *L)
{
    union {
        lua_Debug debug;
        char      room[1024];
    } call;
    memset(&call, 0, sizeof call);
    return lua_getstack(L, 0, &call.debug) && lua_getinfo(L, "n", &call.debug) && call.debug.namewhat != NULL &&
           strcmp(call.debug.namewhat, "method") == 0;
}

int argument_error(lua_State *L, int i, const char *text)
{
    int counted = i > 1 && is_method_call(L) ? i - 1 : i;
    return luaL_error(L, "bad argument #%d to '%s' (%s)", counted, function_name(L), text);
}

static int type_error(lua_State *L, int i, const char *expected)
{
    return argument_error(L, i, lua_pushfstring(L, "%s expected, got %s", expected, lua_typename(L, lua_type(L, i))));
}

const char *argument_string(lua_State *L, int i, size_t *size)
{
    if (lua_type(L, i) != LUA_TSTRING && lua_type(L, i) != LUA_TNUMBER)
        type_error(L, i, "string");
    return lua_tolstring(L, i, size);
}

lua_Number argument_number(lua_State *L, int i)
{
    if (!lua_isnumber(L, i))
        type_error(L, i, "number");
    return lua_tonumber(L, i);
}

struct context *context_check(lua_State *L)
{
    int same = 0;
    if (lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1)) {
        same = lua_rawequal(L, -1, lua_upvalueindex(1));
        lua_settop(L, -2);
    }
    if (!same)
        type_error(L, 1, CONTEXT_TYPE);
    return lua_touserdata(L, 1);
}

const char *shown(const char *name, char *buffer)
{
    size_t i;
    for (i = 0; i < MAX_SHOWN && name[i] != '\0'; i++) {
        unsigned char c = (unsigned char)name[i];
        buffer[i] = c < ' ' || c == 0x7F ? '?' : name[i];
    }
    if (name[i] != '\0') { /* cut, and not inside a character of UTF-8 */
        while (i > MAX_SHOWN - 4 && (name[i] & 0xC0) == 0x80)
            i--;
        memcpy(buffer + i, "...", 3);
        i += 3;
    }
    buffer[i] = '\0';
    return buffer;
}
