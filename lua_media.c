/* ctx:sendVideo and ctx:sendAudio: Lua strings -> the C API. */
#include <string.h>

#include "lua_context.h"
#include "luatos_host.h"

/*
 * A timestamp in ms, any finite number from 0, modulo 2^32. Integers of 32 bits go on below 0 after 2^31 - 1, and mean
 * what they would be modulo 2^32: a clock that a script keeps in one runs on.
 */
static uint32_t check_timestamp(lua_State *L, int i)
{
    lua_Number n = luaL_checknumber(L, i);
    if (sizeof(lua_Integer) == sizeof(uint32_t) && host_is_integer(L, i))
        return (uint32_t)lua_tointeger(L, i);
    if (!(n >= 0 && n < (lua_Number)9007199254740992.0))
        luaL_argerror(L, i, "a time in ms, from 0, expected");
    return (uint32_t)(uint64_t)n;
}

static uint32_t size_of(size_t size)
{
    return size > UINT32_MAX ? UINT32_MAX : (uint32_t)size; /* which is more than the library takes */
}

struct field {
    const char *name;
    int         type;
};

/*
 * Checks the options at index i, a table or nil, and pushes the values of the two fields, nil for one that is not there.
 * Returns 0 and pushes a text when there is another field, or one of another type. Raises for what is no table.
 */
static int push_options(lua_State *L, int i, const struct field fields[2])
{
    lua_settop(L, i);
    if (lua_type(L, i) == LUA_TNIL) {
        lua_settop(L, i + 2);
        return 1;
    }
    if (lua_type(L, i) != LUA_TTABLE)
        luaL_argerror(L, i, "a table of options expected");
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, -2)) {
        int                 named = lua_type(L, -2) == LUA_TSTRING, type = lua_type(L, -1);
        const char         *name = named ? lua_tostring(L, -2) : lua_typename(L, lua_type(L, -2));
        const struct field *f = strcmp(name, fields[0].name) == 0 ? &fields[0] : &fields[1];
        if (!named || strcmp(name, f->name) != 0) {
            lua_pushfstring(L, "unknown option '%s'", name);
            return 0;
        }
        if (type != f->type) {
            lua_pushfstring(L, "option '%s': %s expected, got %s", name, lua_typename(L, f->type), lua_typename(L, type));
            return 0;
        }
    }
    lua_pushstring(L, fields[0].name);
    lua_rawget(L, i);
    lua_pushstring(L, fields[1].name);
    lua_rawget(L, i);
    return 1;
}

/* For the text on the top: false, the text and the code. */
static int wrong_option(lua_State *L)
{
    lua_pushboolean(L, 0);
    lua_pushvalue(L, -2);
    lua_pushinteger(L, RTMP_ERR_INVALID_PARAM);
    return 3;
}

/* The script pushes: LuatOS's camera, and the source that stands in for it, are off for good. */
static void leave_camera(struct context *c)
{
    if (luatos_camera_leave(c->camera)) {
        rtmp_set_source(&c->rtmp, "none");
        rtmp_set_option(&c->rtmp, "source_delay", "0");
    }
}

static int result(lua_State *L, struct context *c, int code)
{
    if (code != RTMP_OK)
        return context_failed(L, c, code);
    lua_pushboolean(L, 1);
    return 1;
}

/* ctx:sendVideo(access_unit, timestamp_ms [, {codec=, composition_time=}]) */
int context_send_video(lua_State *L)
{
    static const struct field fields[2] = {{"codec", LUA_TSTRING}, {"composition_time", LUA_TNUMBER}};
    struct context *c = context_check(L);
    size_t          size;
    const char     *au = luaL_checklstring(L, 2, &size);
    uint32_t        timestamp = check_timestamp(L, 3);
    lua_Number      composition_time;

    if (!push_options(L, 4, fields))
        return wrong_option(L);
    composition_time = lua_tonumber(L, -1); /* 0 for nil */
    if (!(composition_time >= -8388608 && composition_time <= 8388607)) {
        lua_pushstring(L, "option 'composition_time': -8388608 to 8388607 ms are possible");
        return wrong_option(L);
    }
    if (!c->alive)
        return context_destroyed(L);
    leave_camera(c);
    return result(L, c, rtmp_send_video(&c->rtmp, (const uint8_t *)au, size_of(size), timestamp, (int32_t)composition_time,
                                        lua_tostring(L, -2)));
}

/* ctx:sendAudio(frame, timestamp_ms [, {codec=, config=}]) */
int context_send_audio(lua_State *L)
{
    static const struct field fields[2] = {{"codec", LUA_TSTRING}, {"config", LUA_TSTRING}};
    struct context *c = context_check(L);
    size_t          size, config_size = 0;
    const char     *frame = luaL_checklstring(L, 2, &size), *config, *codec;
    uint32_t        timestamp = check_timestamp(L, 3);

    if (!push_options(L, 4, fields))
        return wrong_option(L);
    codec = lua_tostring(L, -2);
    config = lua_tolstring(L, -1, &config_size);
    if (codec != NULL && strcmp(codec, "aac") != 0) {
        lua_pushfstring(L, "codec '%s' is not supported by this version; it sends 'aac'", codec);
        return wrong_option(L);
    }
    if (!c->alive)
        return context_destroyed(L);
    leave_camera(c);
    return result(L, c, rtmp_send_aac(&c->rtmp, (const uint8_t *)frame, size_of(size), timestamp, (const uint8_t *)config,
                                      size_of(config_size)));
}
