/* A Lua module with the clocks that Lua lacks: usage(), sleep_until(ns), now(). */
#include <lauxlib.h>
#include <lua.h>

#include "bench.h"

static int l_now(lua_State *L)
{
    lua_pushinteger(L, now());
    return 1;
}

static int l_sleep_until(lua_State *L)
{
    sleep_until(luaL_checkinteger(L, 1));
    return 0;
}

/* wall, CPU, voluntary switches */
static int l_usage(lua_State *L)
{
    const struct usage u = usage_now();
    lua_pushinteger(L, u.wall);
    lua_pushinteger(L, u.cpu);
    lua_pushinteger(L, u.switches);
    return 3;
}

int luaopen_clock(lua_State *L)
{
    static const luaL_Reg all[] = {{"now", l_now}, {"sleep_until", l_sleep_until}, {"usage", l_usage}, {NULL, NULL}};
    luaL_newlib(L, all);
    return 1;
}
