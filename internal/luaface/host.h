/*
 * The Lua that hosts the module: stock Lua 5.1 to 5.4, LuaJIT, or LuatOS's 5.3.
 *
 * All functions of Lua are weak references, NULL where the host has none. The library is linked without liblua: in a Lua
 * host its functions are found there, and a C program without any Lua can link the same file.
 */
#ifndef LUAFACE_HOST_H
#define LUAFACE_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

/* What every Lua has. */
#define HOST_FUNCTIONS_OF_ALL(X) \
    X(luaL_error) X(luaL_newmetatable) X(lua_createtable) X(lua_error) X(lua_getfield) X(lua_getinfo) X(lua_getmetatable) \
    X(lua_getstack) X(lua_gettop) X(lua_isnumber) X(lua_next) X(lua_pushboolean) X(lua_pushcclosure) \
    X(lua_pushfstring) X(lua_pushinteger) X(lua_pushnil) X(lua_pushnumber) X(lua_pushstring) X(lua_pushvalue) \
    X(lua_rawequal) X(lua_rawget) X(lua_rawgeti) X(lua_rawset) X(lua_rawseti) X(lua_setfield) \
    X(lua_setmetatable) X(lua_settop) X(lua_toboolean) X(lua_tolstring) X(lua_touserdata) \
    X(lua_type) X(lua_typename)

/* What only some have. */
#if LUA_VERSION_NUM >= 504
#define HOST_FUNCTIONS(X) \
    HOST_FUNCTIONS_OF_ALL(X) X(luaL_checkversion_) X(lua_getglobal) X(lua_getiuservalue) X(lua_isinteger) \
    X(lua_newuserdatauv) X(lua_pcallk) X(lua_setiuservalue) X(lua_tointegerx) X(lua_tonumberx)
#elif LUA_VERSION_NUM == 503
#define HOST_FUNCTIONS(X) \
    HOST_FUNCTIONS_OF_ALL(X) X(luaL_checkversion_) X(lua_getglobal) X(lua_getuservalue) X(lua_isinteger) \
    X(lua_newuserdata) X(lua_pcallk) X(lua_setuservalue) X(lua_tointegerx) X(lua_tonumberx)
#elif LUA_VERSION_NUM == 502
#define HOST_FUNCTIONS(X) \
    HOST_FUNCTIONS_OF_ALL(X) X(luaL_checkversion_) X(lua_getglobal) X(lua_getuservalue) X(lua_newuserdata) \
    X(lua_pcallk) X(lua_setuservalue) X(lua_tointegerx) X(lua_tonumberx)
#else
#define HOST_FUNCTIONS(X) \
    HOST_FUNCTIONS_OF_ALL(X) X(lua_call) X(lua_getfenv) X(lua_newuserdata) X(lua_pcall) X(lua_setfenv) X(lua_tointeger) \
    X(lua_tonumber)
#endif

#define HOST_PRAGMA(text) _Pragma(#text)
#define HOST_WEAK(function) HOST_PRAGMA(weak function)
HOST_FUNCTIONS(HOST_WEAK)

/*
 * Pushes the traceback of the function that runs, with text before it; text alone where the host has none. A host that links only
 * what it uses may lack luaL_traceback, and 5.1 has debug.traceback alone.
 */
#if LUA_VERSION_NUM >= 502
#pragma weak luaL_traceback
static inline void host_push_traceback(lua_State *L, const char *text)
{
    if (luaL_traceback != NULL)
        luaL_traceback(L, L, text, 1);
    else
        lua_pushstring(L, text);
}
#else
static inline void host_push_traceback(lua_State *L, const char *text)
{
    lua_getglobal(L, "debug");
    if (lua_istable(L, -1))
        lua_getfield(L, -1, "traceback");
    lua_pushstring(L, text);
    if (!lua_isfunction(L, -2))
        return;
    lua_pushinteger(L, 2);
    lua_call(L, 2, 1);
}
#endif

/* A table of the userdatum's own, which lives and dies with it: 5.1 calls it environment, the others user value. */
#if LUA_VERSION_NUM >= 504
#define host_set_own_table(L, i) lua_setiuservalue(L, i, 1)
#define host_get_own_table(L, i) lua_getiuservalue(L, i, 1)
#elif LUA_VERSION_NUM >= 502
#define host_set_own_table(L, i) lua_setuservalue(L, i)
#define host_get_own_table(L, i) lua_getuservalue(L, i)
#else
#define host_set_own_table(L, i) lua_setfenv(L, i)
#define host_get_own_table(L, i) lua_getfenv(L, i)
#endif

/* From 5.2 on luaL_checkversion compares the versions and the number formats of host and module. */
#if LUA_VERSION_NUM < 502
#define luaL_checkversion(L) ((void)(L))
#endif

/*
 * Numbers. From 5.3 on a number is an integer or a float, and where both have 32 bits (LUA_32BITS) a float is exact to
 * 2^24 only: integers are passed as integers, both ways.
 */
#if LUA_VERSION_NUM >= 503
#define host_is_integer(L, i) lua_isinteger(L, i)
#else
#define host_is_integer(L, i) 0
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
