/* Metadata: Lua tables -> the C API. */
#include "metadata.h"

#include "methods.h"
#include "stack.h"
#include "values.h"

/* One field: name at -2, value at -1. Pushes a text when it is wrong. */
static int check_metadata(lua_State *L)
{
    char buffer[MAX_SHOWN + 4];
    int  type = lua_type(L, -1);
    if (lua_type(L, -2) != LUA_TSTRING) {
        lua_pushfstring(L, "metadata: names are strings, got a %s", lua_typename(L, lua_type(L, -2)));
        return 0;
    }
    if (!is_name(L, -2, "metadata: field") || (type == LUA_TSTRING && !is_text(L, -1, "metadata: value")))
        return 0;
    if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN)
        return 1;
    lua_pushfstring(L, "metadata: field '%s' is a %s; numbers, strings and booleans are possible", shown(lua_tostring(L, -2), buffer),
                    lua_typename(L, type));
    return 0;
}

int context_set_metadata(lua_State *L, int i, struct context *c)
{
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, -2)) {
        if (!check_metadata(L))
            return 0;
    }
    rtmp_metadata_clear(&c->rtmp);
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, -2)) {
        const char *name = lua_tostring(L, -2);
        int         code;
        switch (lua_type(L, -1)) {
        case LUA_TNUMBER:
            code = rtmp_metadata_number(&c->rtmp, name, host_to_double(L, -1));
            break;
        case LUA_TSTRING:
            code = rtmp_metadata_string(&c->rtmp, name, lua_tostring(L, -1));
            break;
        default:
            code = rtmp_metadata_boolean(&c->rtmp, name, lua_toboolean(L, -1));
            break;
        }
        if (code != RTMP_OK)
            return refused(L, c);
    }
    return 1;
}

static int succeeded(lua_State *L)
{
    lua_pushboolean(L, 1);
    return 1;
}

/* ctx:setMetadata(table) */
int context_use_metadata(lua_State *L)
{
    struct context *c = context_check(L);
    int             code;
    if (lua_type(L, 2) != LUA_TTABLE)
        argument_error(L, 2, "table expected");
    lua_settop(L, 2);
    if (!c->alive)
        return context_destroyed(L);
    if (!context_set_metadata(L, 2, c)) {
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    code = rtmp_metadata_send(&c->rtmp);
    return code == RTMP_OK ? succeeded(L) : context_failed(L, c, code);
}
