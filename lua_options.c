/* Options, sources and metadata: Lua tables -> the C API. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <string.h>

#include "lua_context.h"

/* Pushes the text of the call that failed. */
static int refused(lua_State *L, struct context *c)
{
    char text[MAX_TEXT];
    rtmp_get_call_error(&c->rtmp, NULL, text, sizeof text);
    lua_pushstring(L, text);
    return 0;
}

/* The number at index i as text, with a point whatever the locale, and with as many digits as keep every value. */
static void number_text(lua_State *L, int i, char *text, size_t size)
{
    int   digits = sizeof(lua_Number) < sizeof(double) && !host_is_integer(L, i) ? 9 : 17;
    char *c;
    snprintf(text, size, "%.*g", digits, host_to_double(L, i));
    for (c = text; *c != '\0'; c++)
        if (*c == ',')
            *c = '.';
}

/* Whether the string at index i, a value, can be one of C; pushes a text when it cannot, without the value. */
static int is_text(lua_State *L, int i, const char *what)
{
    char        buffer[MAX_SHOWN + 4];
    size_t      length;
    const char *text = lua_tolstring(L, i, &length);
    if (strlen(text) == length)
        return 1;
    lua_pushfstring(L, "%s: the text has a zero byte", shown(what, buffer));
    return 0;
}

/* The same of a name. */
static int is_name(lua_State *L, int i, const char *what)
{
    char        buffer[MAX_SHOWN + 4];
    size_t      length;
    const char *name = lua_tolstring(L, i, &length);
    if (strlen(name) == length)
        return 1;
    lua_pushfstring(L, "%s '%s': a zero byte stands behind this", what, shown(name, buffer));
    return 0;
}

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

/* Pushes a text that lists the options. */
static int unknown_option(lua_State *L, const char *name)
{
    char   buffer[MAX_SHOWN + 4], names[512] = "source, reconnect, tls";
    size_t i;
    for (i = 0; i < sizeof option_types / sizeof *option_types; i++) {
        strncat(names, ", ", sizeof names - strlen(names) - 1);
        strncat(names, option_types[i].name, sizeof names - strlen(names) - 1);
    }
    lua_pushfstring(L, "unknown option '%s'; expected one of %s", shown(name, buffer), names);
    return 0;
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
                return refused(L, c);
        } else {
            char buffer[MAX_SHOWN + 4];
            lua_pushfstring(L, "reconnect: field '%s' with a %s; expected min_ms, max_ms, attempts (numbers), url (function)",
                            shown(key, buffer), lua_typename(L, type));
            return 0;
        }
    }
    return 1;
}

/* The option reconnect, the value at index i: a boolean, or a table that stands for true. */
static int set_reconnect(lua_State *L, int i, struct context *c)
{
    int on = 1, type = lua_type(L, i);
    if (type != LUA_TBOOLEAN && type != LUA_TTABLE) {
        lua_pushfstring(L, "option 'reconnect': boolean or table expected, got %s", lua_typename(L, type));
        return 0;
    }
    if (type == LUA_TBOOLEAN)
        on = lua_toboolean(L, i);
    else if (!set_reconnect_fields(L, i, c))
        return 0;
    return rtmp_set_option(&c->rtmp, "reconnect", on ? "true" : "false") == RTMP_OK ? 1 : refused(L, c);
}

/* The option tls, the value at index i, which is the top: a table of what the library knows as tls_ca and so on. */
static int set_tls(lua_State *L, int i, struct context *c)
{
    if (lua_type(L, i) != LUA_TTABLE) {
        lua_pushfstring(L, "option 'tls': table expected, got %s", lua_typename(L, lua_type(L, i)));
        return 0;
    }
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, i + 1)) { /* the name stays, for lua_next */
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        int         type = lua_type(L, -1);
        char        name[32];
        const char *value;
        if ((strcmp(key, "ca") == 0 || strcmp(key, "server_name") == 0) && type == LUA_TSTRING) {
            if (!is_text(L, -1, "tls"))
                return 0;
            value = lua_tostring(L, -1);
        } else if (strcmp(key, "insecure") == 0 && type == LUA_TBOOLEAN) {
            value = lua_toboolean(L, -1) ? "true" : "false";
        } else {
            char buffer[MAX_SHOWN + 4];
            lua_pushfstring(L, "tls: field '%s' with a %s; expected ca, server_name (strings), insecure (boolean)",
                            shown(key, buffer), lua_typename(L, type));
            return 0;
        }
        snprintf(name, sizeof name, "tls_%s", key);
        if (rtmp_set_option(&c->rtmp, name, value) != RTMP_OK)
            return refused(L, c);
    }
    return 1;
}

/* One option: name at -2, value at -1. */
static int set_option(lua_State *L, struct context *c)
{
    const char *name = lua_tostring(L, -2), *value;
    char        text[64];
    size_t      i;
    int         type = lua_type(L, -1);

    if (!is_name(L, -2, "option") || (type == LUA_TSTRING && !is_text(L, -1, name)))
        return 0;
    if (strcmp(name, "source") == 0)
        return 1; /* rtmp.create sets it, after all that the log calls the stream by */
    if (strcmp(name, "reconnect") == 0)
        return set_reconnect(L, lua_gettop(L), c);
    if (strcmp(name, "tls") == 0)
        return set_tls(L, lua_gettop(L), c);
    for (i = 0; i < sizeof option_types / sizeof *option_types; i++) {
        if (strcmp(name, option_types[i].name) == 0 && type != option_types[i].type) {
            lua_pushfstring(L, "option '%s': %s expected, got %s", name, lua_typename(L, option_types[i].type),
                            lua_typename(L, type));
            return 0;
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
        return 1;
    refused(L, c);
    return strncmp(lua_tostring(L, -1), "unknown option", 14) == 0 ? unknown_option(L, name) : 0; /* C has other names for some */
}

int context_set_options(lua_State *L, int i, struct context *c)
{
    int top = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, top + 1)) { /* the name stays, for lua_next */
        if (lua_type(L, -2) != LUA_TSTRING) {
            lua_pushfstring(L, "options: names are strings, got a %s", lua_typename(L, lua_type(L, -2)));
            return 0;
        }
        if (!set_option(L, c))
            return 0;
    }
    return 1;
}

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

    for (lua_pushnil(L); lua_next(L, i) != 0; lua_settop(L, -2))
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
            return 0;
        spec = lua_tostring(L, i);
        break;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, i)) {
            lua_pushstring(L, "source: true says nothing; expected a path, \"clip\", \"none\", false or a table");
            return 0;
        }
        spec = "none";
        break;
    case LUA_TTABLE:
        if (!spec_from_table(L, i))
            return 0;
        spec = lua_tostring(L, -1);
        break;
    default:
        lua_pushfstring(L, "source: a path, \"clip\", \"none\", false or a table expected, got %s",
                        lua_typename(L, lua_type(L, i)));
        return 0;
    }
    return rtmp_set_source(&c->rtmp, spec) == RTMP_OK ? 1 : refused(L, c);
}

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
