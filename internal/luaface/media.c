/* ctx:sendVideo and ctx:sendAudio: Lua strings -> the C API. */
#include <string.h>

#include "../luatos/camera.h"
#include "context.h"
#include "methods.h"
#include "stack.h"

/*
 * A timestamp in ms, any finite number from 0, modulo 2^32. Integers of 32 bits go on below 0 after 2^31 - 1, and mean
 * what they would be modulo 2^32: a clock that a script keeps in one runs on.
 */
static uint32_t check_timestamp(lua_State *L, int i)
{
    lua_Number n = argument_number(L, i);
    if (sizeof(lua_Integer) == sizeof(uint32_t) && host_is_integer(L, i))
        return (uint32_t)lua_tointeger(L, i);
    if (!(n >= 0 && n < (lua_Number)9007199254740992.0))
        argument_error(L, i, "a time in ms, from 0, expected");
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

/* Pushes "sendVideo: unknown option 'x'; expected codec, config, ...". */
static void push_unknown(lua_State *L, const char *name, const struct field *fields, int count)
{
    char buffer[MAX_SHOWN + 4], names[128] = "";
    int  n;
    for (n = 0; n < count; n++) {
        strncat(names, n == 0 ? "" : ", ", sizeof names - strlen(names) - 1);
        strncat(names, fields[n].name, sizeof names - strlen(names) - 1);
    }
    lua_pushfstring(L, "%s: unknown option '%s'; expected %s", function_name(L), shown(name, buffer), names);
}

/*
 * Checks the options at index i, a table or nil, and pushes the values of the fields, nil for one that is not there, so that
 * field n is at index i + 1 + n. Returns 0 and pushes a text when there is another field, or one of another type. Raises for
 * what is no table.
 */
static int push_options(lua_State *L, int i, const struct field *fields, int count)
{
    int n;
    lua_settop(L, i);
    if (lua_isnil(L, i)) {
        lua_settop(L, i + count);
        return 1;
    }
    if (!lua_istable(L, i))
        argument_error(L, i, "a table of options expected");
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) {
        int         named = lua_type(L, -2) == LUA_TSTRING, type = lua_type(L, -1);
        const char *name = named ? lua_tostring(L, -2) : lua_typename(L, lua_type(L, -2));
        for (n = 0; n < count && strcmp(name, fields[n].name) != 0;)
            n++;
        if (!named || n == count) {
            push_unknown(L, name, fields, count);
            return 0;
        }
        if (type != fields[n].type) {
            lua_pushfstring(L, "%s: option '%s': %s expected, got %s", function_name(L), fields[n].name, lua_typename(L, fields[n].type),
                            lua_typename(L, type));
            return 0;
        }
    }
    for (n = 0; n < count; n++) {
        lua_pushstring(L, fields[n].name);
        lua_rawget(L, i);
    }
    return 1;
}

/* The script pushes: LuatOS's camera, and the source that stands in for it, are off for good. */
static void leave_camera(struct context *c)
{
    if (luatos_camera_leave(c->camera)) {
        rtmp_set_source(&c->rtmp, "none");
        set_camera(&c->rtmp, CAMERA_NONE);
    }
}

/* Reads the option at index i, a number or nil, into *n. Returns 0 and pushes a text when it is out of range. */
static int read_number(lua_State *L, int i, const char *name, double least, double most, double *n)
{
    *n = lua_isnil(L, i) ? 0 : host_to_double(L, i);
    if (*n >= least && *n <= most)
        return 1;
    lua_pushfstring(L, "%s: option '%s': %d to %d are possible", function_name(L), name, (int)least, (int)most);
    return 0;
}

/*
 * The options that both kinds of frames have stand at indices 5, 6 and 7: codec, config, track. Returns 0 and pushes a text
 * when one is wrong. The strings stay on the stack while the frame is sent.
 */
static int read_frame(lua_State *L, uint32_t timestamp, rtmp_frame_t *f)
{
    const rtmp_frame_t fresh = RTMP_FRAME_INIT;
    size_t             size = 0;
    double             track;

    *f = fresh;
    f->timestamp = timestamp;
    f->codec = lua_tolstring(L, 5, &size);
    if (f->codec != NULL && (size == 0 || strlen(f->codec) != size)) {
        char buffer[MAX_SHOWN + 4];
        lua_pushfstring(L, "%s: option 'codec': '%s' is the name of none", function_name(L), shown(f->codec, buffer));
        return 0;
    }
    size = 0;
    f->config = (const uint8_t *)lua_tolstring(L, 6, &size);
    f->config_len = size_of(size);
    if (!read_number(L, 7, "track", 0, 255, &track))
        return 0;
    if (track != (double)(int)track) {
        lua_pushfstring(L, "%s: option 'track': a whole number expected", function_name(L));
        return 0;
    }
    f->track = (uint32_t)track;
    return 1;
}

/* ctx:sendVideo(access_unit, timestamp_ms [, {codec=, config=, track=, composition_time=}]) */
int context_send_video(lua_State *L)
{
    static const struct field fields[] = {
        {"codec", LUA_TSTRING}, {"config", LUA_TSTRING}, {"track", LUA_TNUMBER}, {"composition_time", LUA_TNUMBER},
    };
    struct context *c = context_check(L);
    size_t          size;
    const char     *au = argument_string(L, 2, &size);
    uint32_t        timestamp = check_timestamp(L, 3);
    rtmp_frame_t    frame;
    double          composition_time;

    if (!push_options(L, 4, fields, 4) || !read_frame(L, timestamp, &frame) ||
        !read_number(L, 8, "composition_time", -8388608, 8388607, &composition_time))
        return push_error(L, RTMP_ERR_INVALID_PARAM);
    frame.composition_time = (int32_t)composition_time;
    if (!c->alive)
        return context_destroyed(L);
    leave_camera(c);
    return context_result(L, c, rtmp_send_video_frame(&c->rtmp, (const uint8_t *)au, size_of(size), &frame));
}

/* ctx:sendAudio(frame, timestamp_ms [, {codec=, config=, track=}]) */
int context_send_audio(lua_State *L)
{
    static const struct field fields[] = {{"codec", LUA_TSTRING}, {"config", LUA_TSTRING}, {"track", LUA_TNUMBER}};
    struct context *c = context_check(L);
    size_t          size;
    const char     *data = argument_string(L, 2, &size);
    uint32_t        timestamp = check_timestamp(L, 3);
    rtmp_frame_t    frame;

    if (!push_options(L, 4, fields, 3) || !read_frame(L, timestamp, &frame))
        return push_error(L, RTMP_ERR_INVALID_PARAM);
    if (!c->alive)
        return context_destroyed(L);
    leave_camera(c);
    return context_result(L, c, rtmp_send_audio_frame(&c->rtmp, (const uint8_t *)data, size_of(size), &frame));
}
