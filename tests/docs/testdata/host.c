/*
 * What docs/luatos.md calls the simulator, as small as can be: it opens modules as LuatOS does, into a global only, and runs the script that
 * it is given, with this project's prelude for sys and log.
 */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#ifdef LUAT_HAS_CUSTOM_LIB_INIT
void luat_custom_init(lua_State *L);
#else
int luaopen_rtmp(lua_State *L);

static void luat_custom_init(lua_State *L)
{
    lua_pushcfunction(L, luaopen_rtmp);
    lua_pushstring(L, "rtmp");
    lua_call(L, 1, 1);
    lua_setglobal(L, "rtmp");
}
#endif

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    int        failed;
    luaL_openlibs(L);
    luat_custom_init(L);
    failed = argc != 2 || luaL_dostring(L, "package.cpath = '' local own = rtmp require('luatos') assert(rtmp == own)") || luaL_dofile(L, argv[1]);
    if (failed)
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L);
    return failed;
}
