/*
 * A Lua host that has functions of its own with the library's names, public ones and internal ones, and exports them:
 * names FOLDER_OF_RTMP_SO. A script connects to nobody, through all of the library; none of these functions is called.
 */
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define MINE(name)                                     \
    int name(void);                                    \
    int name(void)                                     \
    {                                                  \
        fprintf(stderr, "the host's %s ran\n", #name); \
        exit(1);                                       \
    }

MINE(rtmp_init)
MINE(rtmp_deinit)
MINE(rtmp_connect)
MINE(rtmp_disconnect)
MINE(rtmp_poll)
MINE(rtmp_start)
MINE(rtmp_set_url)
MINE(rtmp_set_state_callback)
MINE(rtmp_get_state)
MINE(rtmp_get_error)
MINE(rtmp_get_call_error)
MINE(rtmp_get_source_error)
MINE(rtmp_get_stats)
MINE(luaopen_rtmp)
MINE(bus_post)
MINE(bus_share)
MINE(bus_leave)
MINE(context_check)
MINE(context_new)
MINE(context_end)
MINE(go_connect)
MINE(go_init)
MINE(_cgo_topofstack)
MINE(crosscall2)

static const char script[] =
    "local rtmp = require('rtmp')\n"
    "local ctx = assert(rtmp.create('rtmp://127.0.0.1:1/live/stream'))\n"
    "local states = {}\n"
    "ctx:setCallback(function(state) states[#states + 1] = state end)\n"
    "assert(ctx:connect()) ctx:start()\n"
    "while states[#states] ~= rtmp.STATE_ERROR do rtmp.poll(1000) end\n"
    "assert(ctx:getError() == -4 and ctx:getState() == 7 and ctx:getStats().bytes_sent == 0)\n"
    "ctx:disconnect() ctx:destroy()\n"
    "print(table.concat(states, ' '))\n";

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/?.so", argc > 1 ? argv[1] : ".");
    lua_setfield(L, -2, "cpath");
    if (luaL_dostring(L, script)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 1;
    }
    lua_close(L);
    return 0;
}
