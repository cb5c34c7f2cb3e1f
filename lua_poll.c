/* rtmp.poll and LuatOS's messages: what threads of the library put on the bus -> callbacks of the script, on the interpreter's own thread. */
#include <limits.h>
#include <string.h>

#include "api.h"
#include "lua_context.h"
#include "luatos_host.h"

/* Takes what the script's function returned, on the top, as the URL of the next attempt; nil: the one that is set stays. */
static void answer_url(lua_State *L, struct context *c)
{
    size_t      length = 0;
    char        text[MAX_TEXT] = "expected a URL, or nil to keep the one that is set";
    const char *url = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;

    if (!c->alive)
        return; /* the function itself destroyed it */
    if (url != NULL && strlen(url) == length) {
        if (rtmp_set_url(&c->rtmp, url) == RTMP_OK)
            return;
        rtmp_get_call_error(&c->rtmp, NULL, text, sizeof text);
    }
    if (lua_type(L, -1) != LUA_TNIL)
        go_warn(&c->rtmp, "reconnect.url returned no URL to connect with; the one that is set stays", text); /* nobody calls who could be told */
    rtmp_keep_url(&c->rtmp);
}

/* Delivers the first event, which is there; returns the number of callbacks called. Raises what the callback raises. */
static int deliver(lua_State *L, struct module *m)
{
    const struct event *e = bus_first(m->bus);
    struct context     *c;
    enum event_kind     kind = e->kind;
    int                 arguments = 1, top = lua_gettop(L);

    if (kind == EVENT_LOG) {
        bus_drop(m->bus);
        return log_deliver(L, m);
    }
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    lua_rawgeti(L, -1, e->context);
    c = lua_touserdata(L, -1);
    if (c == NULL || !c->alive) {
        bus_drop(m->bus);
        lua_settop(L, top);
        return 0;
    }
    host_get_own_table(L, -1);
    lua_getfield(L, -1, kind == EVENT_STATE ? STATE_CALLBACK : kind == EVENT_BITRATE ? BITRATE_CALLBACK : URL_CALLBACK);
    if (lua_type(L, -1) != LUA_TFUNCTION) {
        bus_drop(m->bus);
        lua_settop(L, top);
        return 0;
    }
    if (kind == EVENT_URL) {
        arguments = 0;
    } else if (kind == EVENT_BITRATE) {
        lua_pushinteger(L, (lua_Integer)e->kbps);
        lua_pushinteger(L, (lua_Integer)e->queue_ms);
        arguments = 2;
    } else {
        lua_pushinteger(L, e->state);
        if (e->state == RTMP_STATE_ERROR) {
            lua_pushinteger(L, e->code);
            lua_pushstring(L, e->text);
            arguments = 3;
        }
    }
    bus_drop(m->bus); /* before the call: a callback that raises, or polls, must not meet it again */
    lua_call(L, arguments, kind == EVENT_URL ? 1 : 0);
    if (kind == EVENT_URL)
        answer_url(L, c);
    lua_settop(L, top);
    return 1;
}

/* Waits for the first event, and delivers what is there; returns the number of callbacks called. */
static int deliver_all(lua_State *L, struct module *m, int timeout_ms)
{
    int delivered = 0, rounds;
    if (timeout_ms >= 1 && bus_first(m->bus) == NULL)
        bus_wait(m->bus, timeout_ms);
    /* bounded: callbacks that cause callbacks must not keep the caller for ever */
    for (rounds = 0; rounds < 1000 && bus_first(m->bus) != NULL; rounds++)
        delivered += deliver(L, m);
    return delivered;
}

int module_deliver(lua_State *L)
{
    struct module *m;
    lua_getfield(L, LUA_REGISTRYINDEX, MODULE_KEY);
    m = lua_touserdata(L, -1);
    lua_settop(L, -2);
    return m != NULL && m->bus != NULL && bus_first(m->bus) != NULL ? deliver(L, m) : 0;
}

/* The contexts that may still post events by themselves. */
static int count_busy(lua_State *L)
{
    int busy = 0;
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_settop(L, -2)) {
        struct context *c = lua_touserdata(L, -1);
        busy += c->alive && rtmp_is_busy(&c->rtmp);
    }
    lua_settop(L, -2);
    return busy;
}

/*
 * rtmp.poll([timeout_ms]) -> callbacks delivered, contexts that may still call back. Where LuatOS's loop delivers, it
 * neither delivers nor waits.
 */
int module_poll(lua_State *L)
{
    struct module *m = module_check(L);
    lua_Number     timeout = lua_type(L, 1) == LUA_TNONE || lua_type(L, 1) == LUA_TNIL ? 0 : argument_number(L, 1);
    int            delivered = 0, busy;

    if (!(timeout >= 0))
        argument_error(L, 1, "a time in ms, from 0, expected");
    lua_settop(L, 0);
    if (!luatos_has_bus())
        delivered = deliver_all(L, m, timeout < INT_MAX ? (int)timeout : INT_MAX);
    busy = count_busy(L); /* before the bus is looked at: what a context posted that is busy no more lies there */
    if (busy == 0 && bus_first(m->bus) != NULL)
        busy = 1;
    lua_pushinteger(L, delivered);
    lua_pushinteger(L, busy);
    return 2;
}
