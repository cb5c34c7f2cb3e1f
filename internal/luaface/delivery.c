/* rtmp.poll and LuatOS's messages: what threads of the library put on the bus -> callbacks of the script, on the interpreter's own thread. */
#include "delivery.h"

#include <limits.h>
#include <string.h>

#include "../luatos/msgbus.h"
#include "context.h"
#include "library.h"
#include "log.h"
#include "methods.h"
#include "stack.h"

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
    if (!lua_isnil(L, -1))
        log_warning(&c->rtmp, "reconnect.url returned no URL to connect with; the one that is set stays", text); /* nobody calls who could be told */
    rtmp_keep_url(&c->rtmp);
}

/*
 * Whether something waits. Every call of Lua may run finalizers, and in those of a state that is being closed the module and its
 * bus end: so the bus is looked for anew after each.
 */
static int is_waiting(const struct module *m)
{
    return m->bus != NULL && !bus_is_empty(m->bus);
}

/* Pushes what a callback is called with; returns how many values. */
static int push_arguments(lua_State *L, const struct event *e, const char *text)
{
    switch (e->kind) {
    case EVENT_URL:
        return 0;
    case EVENT_BITRATE:
        lua_pushinteger(L, (lua_Integer)e->kbps);
        lua_pushinteger(L, (lua_Integer)e->queue_ms);
        return 2;
    default:
        lua_pushinteger(L, e->state);
        if (e->state != RTMP_STATE_ERROR)
            return 1;
        lua_pushinteger(L, e->code);
        lua_pushstring(L, text);
        return 3;
    }
}

/* Delivers the first event, if there is one; returns the number of callbacks called. Raises what the callback raises. */
static int deliver(lua_State *L, struct module *m)
{
    char            text[EVENT_TEXT];
    struct event    e;
    struct context *c;
    unsigned        number = is_waiting(m) ? bus_peek(m->bus, &e, text) : 0;
    int             arguments, callable, top = lua_gettop(L);

    if (number == 0)
        return 0;
    if (e.kind == EVENT_LOG)
        return bus_remove(m->bus, number) ? log_deliver(L, m) : 0;
    push_traceback_adder(L);
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    lua_rawgeti(L, -1, e.context);
    c = lua_touserdata(L, -1);
    if (c != NULL) {
        host_get_own_table(L, -1);
        lua_getfield(L, -1, e.kind == EVENT_STATE ? STATE_CALLBACK : e.kind == EVENT_BITRATE ? BITRATE_CALLBACK : URL_CALLBACK);
    }
    callable = c != NULL && lua_isfunction(L, -1);
    arguments = push_arguments(L, &e, text);
    /*
     * Before the call: a callback that raises, or polls, must not meet the event again. After all that may raise for want of
     * memory: then the event stays. A finalizer may have polled meanwhile, and have had it.
     */
    if (m->bus == NULL || !bus_remove(m->bus, number) || !callable || !c->alive) {
        lua_settop(L, top);
        return 0;
    }
    call_script(L, top + 1, arguments, e.kind == EVENT_URL ? 1 : 0);
    if (e.kind == EVENT_URL)
        answer_url(L, c);
    lua_settop(L, top);
    return 1;
}

/* Waits for the first event, and delivers what is there; returns the number of callbacks called. */
static int deliver_all(lua_State *L, struct module *m, int timeout_ms)
{
    int delivered = 0, rounds;
    if (timeout_ms >= 1 && !is_waiting(m))
        bus_wait(m->bus, timeout_ms);
    /* bounded: callbacks that cause callbacks must not keep the caller for ever */
    for (rounds = 0; rounds < 1000 && is_waiting(m); rounds++)
        delivered += deliver(L, m);
    return delivered;
}

int module_deliver(lua_State *L)
{
    struct module *m;
    lua_getfield(L, LUA_REGISTRYINDEX, MODULE_KEY);
    m = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return m != NULL ? deliver(L, m) : 0;
}

/* The contexts that may still post events by themselves. */
static int count_busy(lua_State *L)
{
    int busy = 0;
    lua_getfield(L, LUA_REGISTRYINDEX, LIVE_KEY);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        struct context *c = lua_touserdata(L, -1);
        busy += c->alive && rtmp_is_busy(&c->rtmp);
    }
    lua_pop(L, 1);
    return busy;
}

/*
 * rtmp.poll([timeout_ms]) -> callbacks delivered, contexts that may still call back. Where LuatOS's loop delivers, it
 * neither delivers nor waits.
 */
int module_poll(lua_State *L)
{
    struct module *m = module_check(L);
    lua_Number     timeout = lua_isnoneornil(L, 1) ? 0 : argument_number(L, 1);
    int            delivered = 0, busy;

    if (!(timeout >= 0))
        argument_error(L, 1, "a time in ms, from 0, expected");
    lua_settop(L, 0);
    if (!luatos_has_msgbus())
        delivered = deliver_all(L, m, timeout < INT_MAX ? (int)timeout : INT_MAX);
    busy = count_busy(L); /* before the bus is looked at: what a context posted that is busy no more lies there */
    if (busy == 0 && is_waiting(m))
        busy = 1;
    lua_pushinteger(L, delivered);
    lua_pushinteger(L, busy);
    return 2;
}
