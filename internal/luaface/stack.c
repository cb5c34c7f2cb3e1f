/* Arguments and results of the module's functions, and names in messages. */
#include "stack.h"

#include <string.h>

#define NAMES_KEY "rtmp.names" /* registry: function of the module or of a context -> its name; weak keys */

void names_open(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, NAMES_KEY);
}

void names_add(lua_State *L, const char *name)
{
    lua_getfield(L, LUA_REGISTRYINDEX, NAMES_KEY);
    lua_pushvalue(L, -2);
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

const char *function_name(lua_State *L)
{
    union {
        lua_Debug debug;
        char      room[1024]; /* a host's may be larger than that of the headers: LUA_IDSIZE is for hosts to choose */
    } call;
    const char *name = NULL;
    int         top = lua_gettop(L);
    memset(&call, 0, sizeof call);
    lua_getfield(L, LUA_REGISTRYINDEX, NAMES_KEY);
    if (lua_getstack(L, 0, &call.debug) && lua_getinfo(L, "f", &call.debug)) {
        lua_rawget(L, top + 1);
        name = lua_tostring(L, -1); /* valid as long as it is in the table */
    }
    lua_settop(L, top);
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

int type_error(lua_State *L, int i, const char *expected)
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

int push_ok(lua_State *L)
{
    lua_pushboolean(L, 1);
    return 1;
}

int push_error(lua_State *L, int code)
{
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, code);
    return 3;
}

/* The message handler. A text that has a traceback, of a coroutine for one, is left as it is. */
static int add_traceback(lua_State *L)
{
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : NULL;
    if (text == NULL || strstr(text, "\nstack traceback:\n") != NULL)
        lua_settop(L, 1);
    else
        host_push_traceback(L, text);
    return 1;
}

void push_traceback_adder(lua_State *L)
{
    lua_pushcfunction(L, add_traceback);
}

void call_script(lua_State *L, int adder, int arguments, int results)
{
    if (lua_pcall(L, arguments, results, adder) != 0)
        lua_error(L);
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
