/* Sources: Lua values -> the C API. */
#define _POSIX_C_SOURCE 200809L

#include "source.h"

#include <stdio.h>
#include <string.h>

#include "../luatos/camera.h"
#include "methods.h"
#include "stack.h"
#include "values.h"

/* The fields of a source's table that have one type; all others are left to the library, which knows their names. */
static const struct {
    const char *name;
    int         type;
} source_types[] = {{"path", LUA_TSTRING}, {"loop", LUA_TBOOLEAN}, {"fps", LUA_TNUMBER}};

/* The parameters of a source, "loop=1&fps=25". */
struct parameters {
    char   text[1024];
    size_t length;
};

/* Appends text as it stands in the query of a URL. Returns 0 when there is no room. */
static int append_escaped(struct parameters *p, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (p->length + 4 > sizeof p->text)
            return 0;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-_.~", c) != NULL) {
            p->text[p->length++] = (char)c;
        } else {
            p->text[p->length++] = '%';
            p->text[p->length++] = hex[c >> 4];
            p->text[p->length++] = hex[c & 15];
        }
    }
    p->text[p->length] = '\0';
    return 1;
}

/* One field: name at -2, value at -1. Returns 0 and pushes a text when it is wrong. */
static int append_parameter(lua_State *L, struct parameters *p)
{
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "", *value;
    char        number[64];
    int         type = lua_type(L, -1);
    size_t      i;

    for (i = 0; i < sizeof source_types / sizeof *source_types; i++)
        if (strcmp(name, source_types[i].name) == 0 && type != source_types[i].type)
            type = LUA_TNIL;
    if (*name == '\0' || (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)) {
        char buffer[MAX_SHOWN + 4];
        lua_pushfstring(L, "source: field '%s' with a %s; expected path (string), loop (boolean), fps (number), or another parameter",
                        shown(name, buffer), lua_typename(L, lua_type(L, -1)));
        return 0;
    }
    if (!is_name(L, -2, "source: field") || (type == LUA_TSTRING && !is_text(L, -1, name)))
        return 0;
    if (strcmp(name, "path") == 0)
        return 1;
    if (type == LUA_TNUMBER)
        number_text(L, -1, number, sizeof number);
    value = type == LUA_TSTRING ? lua_tostring(L, -1) : type == LUA_TNUMBER ? number : lua_toboolean(L, -1) ? "1" : "0";
    if (p->length > 0 && p->length + 2 < sizeof p->text)
        p->text[p->length++] = '&';
    if (!append_escaped(p, name) || p->length + 2 > sizeof p->text || (p->text[p->length++] = '=', !append_escaped(p, value))) {
        char buffer[MAX_SHOWN + 4];
        lua_pushfstring(L, "source: field '%s': the fields are too long together", shown(name, buffer));
        return 0;
    }
    return 1;
}

/*
 * Pushes "path?loop=1&fps=25" for the table at index i, "rtp://host:port?a=b&loop=1" for a URL. Returns 0 and pushes a text
 * when it is wrong.
 */
static int spec_from_table(lua_State *L, int i)
{
    struct parameters p = {"", 0};
    const char       *path, *joint = "?";

    for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1))
        if (!append_parameter(L, &p))
            return 0;
    lua_getfield(L, i, "path");
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pushstring(L, "source: a table needs the field 'path', a string");
        return 0;
    }
    if (!is_text(L, -1, "source"))
        return 0;
    path = lua_tostring(L, -1);
    if (p.length == 0)
        joint = "";
    else if (strstr(path, "://") != NULL && strchr(path, '?') != NULL)
        joint = "&";
    lua_pushfstring(L, "%s%s%s", path, joint, p.text);
    return 1;
}

int context_set_source(lua_State *L, int i, struct context *c)
{
    const char *spec;
    switch (lua_type(L, i)) {
    case LUA_TSTRING:
        if (!is_text(L, i, "source"))
            return RTMP_ERR_INVALID_PARAM;
        spec = lua_tostring(L, i);
        break;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, i)) {
            lua_pushstring(L, "source: true says nothing; expected a path, \"clip\", \"none\", false or a table");
            return RTMP_ERR_INVALID_PARAM;
        }
        spec = "none";
        break;
    case LUA_TTABLE:
        if (!spec_from_table(L, i))
            return RTMP_ERR_INVALID_PARAM;
        spec = lua_tostring(L, -1);
        break;
    default:
        lua_pushfstring(L, "source: a path, \"clip\", \"none\", false or a table expected, got %s",
                        lua_typename(L, lua_type(L, i)));
        return RTMP_ERR_INVALID_PARAM;
    }
    return rtmp_set_source(&c->rtmp, spec) == RTMP_OK ? RTMP_OK : context_push_error(L, c);
}

/* ctx:setSource(spec) */
int context_use_source(lua_State *L)
{
    struct context *c = context_check(L);
    int             code;
    lua_settop(L, 2);
    if (!c->alive)
        return context_destroyed(L);
    code = context_set_source(L, 2, c);
    if (code != RTMP_OK)
        return push_error(L, code);
    if (luatos_camera_leave(c->camera))
        set_camera(&c->rtmp, CAMERA_NONE); /* the source begins now */
    return push_ok(L);
}
