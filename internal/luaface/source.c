/* Sources: Lua values -> the C API. */
#include "source.h"

#include <string.h>

#include "../luatos/camera.h"
#include "library.h"
#include "methods.h"
#include "stack.h"
#include "values.h"

enum { MAX_FIELDS = 64 }; /* of a source's table: more than any source knows */

/* The fields of a source's table that have one type; all others are left to the library, which knows their names. */
static const struct {
    const char *name;
    int         type;
} source_types[] = {{"path", LUA_TSTRING}, {"loop", LUA_TBOOLEAN}, {"fps", LUA_TNUMBER}};

/* The fields of a source's table but path. Strings stay in the table, which nobody changes meanwhile. */
struct fields {
    uint32_t            count;
    struct source_field all[MAX_FIELDS];
    char                numbers[MAX_FIELDS][32];
};

/* One field: name at -2, value at -1. Returns 0 and pushes a text when it is wrong. */
static int add_field(lua_State *L, struct fields *f)
{
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
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
    if (f->count == MAX_FIELDS) {
        lua_pushfstring(L, "source: more than %d fields", MAX_FIELDS);
        return 0;
    }
    f->all[f->count].name = name;
    if (type == LUA_TNUMBER) {
        number_text(L, -1, f->numbers[f->count], sizeof f->numbers[f->count]);
        f->all[f->count].value = f->numbers[f->count];
    } else {
        f->all[f->count].value = type == LUA_TSTRING ? lua_tostring(L, -1) : lua_toboolean(L, -1) ? "1" : "0";
    }
    f->count++;
    return 1;
}

/* Applies the table at index i. Returns RTMP_OK, or a code with a text pushed. */
static int set_source_table(lua_State *L, int i, struct context *c)
{
    struct fields f;
    int           path;
    f.count = 0;
    lua_getfield(L, i, "path"); /* first: it may call the script, which must not change the table any more once it has been read */
    path = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1))
        if (!add_field(L, &f))
            return RTMP_ERR_INVALID_PARAM;
    if (lua_type(L, path) != LUA_TSTRING) {
        lua_pushstring(L, "source: a table needs the field 'path', a string");
        return RTMP_ERR_INVALID_PARAM;
    }
    if (!is_text(L, path, "source"))
        return RTMP_ERR_INVALID_PARAM;
    return set_source(&c->rtmp, lua_tostring(L, path), f.all, f.count) == RTMP_OK ? RTMP_OK : context_push_error(L, c);
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
        return set_source_table(L, i, c);
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
