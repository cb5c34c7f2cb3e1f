/*
 * The Lua that hosts the module: stock Lua 5.1 to 5.4, LuaJIT, or LuatOS's 5.3.
 *
 * All functions of Lua are weak references. The library is linked without liblua: in a Lua host its functions are
 * found there, and a C program without any Lua can link the same file.
 */
#ifndef LUA_HOST_H
#define LUA_HOST_H

#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#pragma weak luaL_error
#pragma weak luaL_newmetatable
#pragma weak lua_createtable
#pragma weak lua_getfield
#pragma weak lua_getinfo
#pragma weak lua_getmetatable
#pragma weak lua_getstack
#pragma weak lua_gettop
#pragma weak lua_isnumber
#pragma weak lua_isstring
#pragma weak lua_next
#pragma weak lua_pushboolean
#pragma weak lua_pushcclosure
#pragma weak lua_pushfstring
#pragma weak lua_pushinteger
#pragma weak lua_pushlightuserdata
#pragma weak lua_pushlstring
#pragma weak lua_pushnil
#pragma weak lua_pushnumber
#pragma weak lua_pushstring
#pragma weak lua_pushvalue
#pragma weak lua_rawequal
#pragma weak lua_rawget
#pragma weak lua_rawgeti
#pragma weak lua_rawset
#pragma weak lua_rawseti
#pragma weak lua_setfield
#pragma weak lua_setmetatable
#pragma weak lua_settop
#pragma weak lua_toboolean
#pragma weak lua_tocfunction
#pragma weak lua_tolstring
#pragma weak lua_touserdata
#pragma weak lua_type
#pragma weak lua_typename

/* A table of the userdatum's own, which lives and dies with it: 5.1 calls it environment, the others user value. */
#if LUA_VERSION_NUM >= 504
#pragma weak lua_newuserdatauv
#pragma weak lua_setiuservalue
#pragma weak lua_getiuservalue
#define host_set_own_table(L, i) lua_setiuservalue(L, i, 1)
#define host_get_own_table(L, i) lua_getiuservalue(L, i, 1)
#elif LUA_VERSION_NUM >= 502
#pragma weak lua_newuserdata
#pragma weak lua_setuservalue
#pragma weak lua_getuservalue
#define host_set_own_table(L, i) lua_setuservalue(L, i)
#define host_get_own_table(L, i) lua_getuservalue(L, i)
#else
#pragma weak lua_newuserdata
#pragma weak lua_setfenv
#pragma weak lua_getfenv
#define host_set_own_table(L, i) lua_setfenv(L, i)
#define host_get_own_table(L, i) lua_getfenv(L, i)
#endif

/*
 * Whether the host has what only this version of Lua has; what a host lacks is NULL. From 5.2 on luaL_checkversion
 * compares the versions and the number formats of host and module.
 */
#if LUA_VERSION_NUM >= 502
#pragma weak luaL_checkversion_
#pragma weak luaL_setfuncs
#pragma weak lua_getglobal
#pragma weak lua_tonumberx
#pragma weak lua_callk
#define host_register(L, list) luaL_setfuncs(L, list, 0)
#define host_fits() (luaL_checkversion_ != NULL)
#else
#pragma weak luaL_register
#pragma weak lua_tonumber
#pragma weak lua_call
#define host_register(L, list) luaL_register(L, NULL, list)
#define host_fits() (luaL_register != NULL && lua_setfenv != NULL && lua_call != NULL)
#define luaL_checkversion(L) ((void)(L))
#endif

/*
 * Numbers. From 5.3 on a number is an integer or a float, and where both have 32 bits (LUA_32BITS) a float is exact to
 * 2^24 only: integers are passed as integers, both ways.
 */
#if LUA_VERSION_NUM >= 503
#pragma weak lua_isinteger
#pragma weak lua_tointegerx
#define host_is_integer(L, i) lua_isinteger(L, i)
#else
#define host_is_integer(L, i) 0
#endif
#if LUA_VERSION_NUM == 502
#pragma weak lua_tointegerx
#elif LUA_VERSION_NUM < 502
#pragma weak lua_tointeger
#endif

/* The number at index i, of which a double holds every value that counts. */
static inline double host_to_double(lua_State *L, int i)
{
    return host_is_integer(L, i) ? (double)lua_tointeger(L, i) : (double)lua_tonumber(L, i);
}

/* Pushes a count: an integer, or the nearest float where the host's integers cannot hold it. */
static inline void host_push_count(lua_State *L, uint64_t n)
{
    lua_Integer i = (lua_Integer)n;
    if (i >= 0 && (uint64_t)i == n)
        lua_pushinteger(L, i);
    else
        lua_pushnumber(L, (lua_Number)n);
}

#endif
