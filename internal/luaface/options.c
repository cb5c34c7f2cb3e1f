/* Options: Lua tables -> the C API. */
#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <stdio.h>
#include <string.h>

#include "metadata.h"
#include "stack.h"
#include "values.h"

/* The type that each option has in Lua. The library knows every name, these are for messages, too. */
static const struct {
    const char *name;
    int         type;
} option_types[] = {
    {"timeout", LUA_TNUMBER}, {"queue_ms", LUA_TNUMBER}, {"queue_bytes", LUA_TNUMBER}, {"chunk_size", LUA_TNUMBER},
    {"bitrate_floor", LUA_TNUMBER},
    {"app", LUA_TSTRING},     {"stream", LUA_TSTRING},   {"flash_ver", LUA_TSTRING},   {"tc_url", LUA_TSTRING},
    {"name", LUA_TSTRING},
    {"metadata", LUA_TTABLE}, {"hevc", LUA_TSTRING},     {"enhanced", LUA_TSTRING},  {"silent_audio", LUA_TBOOLEAN},
    {"audio_optional", LUA_TBOOLEAN}, {"redirect", LUA_TSTRING}, {"bind", LUA_TSTRING},
};

/* Pushes a text that lists the options; returns the code of a wrong one. */
static int unknown_option(lua_State *L, const char *name)
{
    char   buffer[MAX_SHOWN + 4], names[512] = "source, reconnect, tls";
    size_t i;
    for (i = 0; i < sizeof option_types / sizeof *option_types; i++) {
        strncat(names, ", ", sizeof names - strlen(names) - 1);
        strncat(names, option_types[i].name, sizeof names - strlen(names) - 1);
    }
    lua_pushfstring(L, "unknown option '%s'; expected one of %s", shown(name, buffer), names);
    return RTMP_ERR_INVALID_PARAM;
}

/* The fields of the option reconnect, a table at index i, which is the top. */
static int set_reconnect_fields(lua_State *L, int i, struct context *c)
{
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, i + 1)) { /* the name stays, for lua_next */
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        int         type = lua_type(L, -1);
        char        name[64], text[64];
        if (strcmp(key, "url") == 0 && type == LUA_TFUNCTION) {
            context_set_url_callback(L, c);
        } else if ((strcmp(key, "min_ms") == 0 || strcmp(key, "max_ms") == 0 || strcmp(key, "attempts") == 0) && type == LUA_TNUMBER) {
            snprintf(name, sizeof name, "reconnect_%s", key);
            number_text(L, -1, text, sizeof text);
            if (rtmp_set_option(&c->rtmp, name, text) != RTMP_OK)
                return context_push_error(L, c);
        } else {
            char buffer[MAX_SHOWN + 4];
            lua_pushfstring(L, "reconnect: field '%s' with a %s; expected min_ms, max_ms, attempts (numbers), url (function)",
                            shown(key, buffer), lua_typename(L, type));
            return RTMP_ERR_INVALID_PARAM;
        }
    }
    return RTMP_OK;
}

/* The option reconnect, the value at index i: a boolean, or a table that stands for true. */
static int set_reconnect(lua_State *L, int i, struct context *c)
{
    int on = 1, type = lua_type(L, i), code = RTMP_OK;
    if (type != LUA_TBOOLEAN && type != LUA_TTABLE) {
        lua_pushfstring(L, "option 'reconnect': boolean or table expected, got %s", lua_typename(L, type));
        return RTMP_ERR_INVALID_PARAM;
    }
    if (type == LUA_TBOOLEAN)
        on = lua_toboolean(L, i);
    else
        code = set_reconnect_fields(L, i, c);
    if (code != RTMP_OK)
        return code;
    return rtmp_set_option(&c->rtmp, "reconnect", on ? "true" : "false") == RTMP_OK ? RTMP_OK : context_push_error(L, c);
}

/* The option tls, the value at index i, which is the top: a table of what the library knows as tls_ca and so on. */
static int set_tls(lua_State *L, int i, struct context *c)
{
    if (!lua_istable(L, i)) {
        lua_pushfstring(L, "option 'tls': table expected, got %s", lua_typename(L, lua_type(L, i)));
        return RTMP_ERR_INVALID_PARAM;
    }
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, i + 1)) { /* the name stays, for lua_next */
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        int         type = lua_type(L, -1);
        char        name[32];
        const char *value;
        if ((strcmp(key, "ca") == 0 || strcmp(key, "server_name") == 0) && type == LUA_TSTRING) {
            if (!is_text(L, -1, "tls"))
                return RTMP_ERR_INVALID_PARAM;
            value = lua_tostring(L, -1);
        } else if (strcmp(key, "insecure") == 0 && type == LUA_TBOOLEAN) {
            value = lua_toboolean(L, -1) ? "true" : "false";
        } else {
            char buffer[MAX_SHOWN + 4];
            lua_pushfstring(L, "tls: field '%s' with a %s; expected ca, server_name (strings), insecure (boolean)",
                            shown(key, buffer), lua_typename(L, type));
            return RTMP_ERR_INVALID_PARAM;
        }
        snprintf(name, sizeof name, "tls_%s", key);
        if (rtmp_set_option(&c->rtmp, name, value) != RTMP_OK)
            return context_push_error(L, c);
    }
    return RTMP_OK;
}

/* One option: name at -2, value at -1. */
static int set_option(lua_State *L, struct context *c)
{
    const char *name = lua_tostring(L, -2), *value;
    char        text[64];
    size_t      i;
    int         type = lua_type(L, -1), code;

    if (!is_name(L, -2, "option") || (type == LUA_TSTRING && !is_text(L, -1, name)))
        return RTMP_ERR_INVALID_PARAM;
    if (strcmp(name, "source") == 0)
        return RTMP_OK; /* rtmp.create sets it, after all that the log calls the stream by */
    if (strcmp(name, "reconnect") == 0)
        return set_reconnect(L, lua_gettop(L), c);
    if (strcmp(name, "tls") == 0)
        return set_tls(L, lua_gettop(L), c);
    for (i = 0; i < sizeof option_types / sizeof *option_types; i++) {
        if (strcmp(name, option_types[i].name) == 0 && type != option_types[i].type) {
            lua_pushfstring(L, "option '%s': %s expected, got %s", name, lua_typename(L, option_types[i].type),
                            lua_typename(L, type));
            return RTMP_ERR_INVALID_PARAM;
        }
    }
    if (strcmp(name, "metadata") == 0)
        return context_set_metadata(L, lua_gettop(L), c);
    value = type == LUA_TSTRING ? lua_tostring(L, -1) : type == LUA_TBOOLEAN ? (lua_toboolean(L, -1) ? "true" : "false") : "";
    if (type == LUA_TNUMBER) {
        number_text(L, -1, text, sizeof text);
        value = text;
    }
    if (rtmp_set_option(&c->rtmp, name, value) == RTMP_OK)
        return RTMP_OK;
    code = context_push_error(L, c);
    return strncmp(lua_tostring(L, -1), "unknown option", 14) == 0 ? unknown_option(L, name) : code; /* C has other names for some */
}

int context_set_options(lua_State *L, int i, struct context *c)
{
    int top = lua_gettop(L), code;
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, top + 1)) { /* the name stays, for lua_next */
        if (lua_type(L, -2) != LUA_TSTRING) {
            lua_pushfstring(L, "options: names are strings, got a %s", lua_typename(L, lua_type(L, -2)));
            return RTMP_ERR_INVALID_PARAM;
        }
        code = set_option(L, c);
        if (code != RTMP_OK)
            return code;
    }
    return RTMP_OK;
}
