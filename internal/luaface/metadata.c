/* Metadata: Lua tables -> the C API. */
#include "metadata.h"

#include "methods.h"
#include "stack.h"
#include "values.h"

/* Whether the field with its name at -2 and its value at -1 can be sent; pushes a text when it cannot. */
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
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) {
        if (!check_metadata(L))
            return RTMP_ERR_INVALID_PARAM;
    }
    rtmp_metadata_clear(&c->rtmp);
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) {
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
            return context_push_error(L, c);
    }
    return RTMP_OK;
}

/* ctx:setMetadata(table) */
int context_use_metadata(lua_State *L)
{
    struct context *c = context_check(L);
    int             code;
    if (!lua_istable(L, 2))
        argument_error(L, 2, "table expected");
    lua_settop(L, 2);
    if (!c->alive)
        return context_destroyed(L);
    code = context_set_metadata(L, 2, c);
    if (code != RTMP_OK)
        return push_error(L, code);
    return context_result(L, c, rtmp_metadata_send(&c->rtmp));
}
