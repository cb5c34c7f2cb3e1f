/*
 * A host as LuatOS's simulator is one, as small as can be: host [-q QUEUE] FOLDER SCRIPT [ARGUMENT...]
 *
 * It opens the module with a requiref that sets the global only, has a require that knows nothing but _LOADED and the Lua
 * files of FOLDER, and offers timers and a message bus of QUEUE messages (256), whose loop, rtos.receive, calls handlers
 * unprotected. An error that nobody catches ends it with 3, a fault of the module that it sees itself with 4.
 *
 * With CAMERA it has a camera (camera.inc). With CUSTOM_INIT it opens the module in luat_custom_init.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int luaopen_rtmp(lua_State *L);

static void fault(const char *what)
{
    fprintf(stderr, "host: %s\n", what);
    _exit(4);
}

/* ---- message bus ---- */

struct rtos_msg {
    int (*handler)(lua_State *L, void *ptr);
    void *ptr;
    int   arg1;
    int   arg2;
};

static pthread_mutex_t  bus_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t   bus_filled;
static struct rtos_msg *bus;
static int              bus_size = 256, bus_first, bus_count;
static int              puts_done, puts_refused;

uint32_t luat_msgbus_put(struct rtos_msg *msg, size_t timeout);

uint32_t luat_msgbus_put(struct rtos_msg *msg, size_t timeout)
{
    uint32_t full;
    if (timeout != 0)
        fault("a thread of the library is to wait");
    pthread_mutex_lock(&bus_lock);
    full = bus_count == bus_size;
    if (full) {
        puts_refused++;
    } else {
        puts_done++;
        bus[(bus_first + bus_count++) % bus_size] = *msg;
        pthread_cond_signal(&bus_filled);
    }
    pthread_mutex_unlock(&bus_lock);
    return full;
}

static int take(struct rtos_msg *msg, int timeout_ms)
{
    struct timespec end;
    int             taken;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&bus_lock);
    while (bus_count == 0 && pthread_cond_timedwait(&bus_filled, &bus_lock, &end) != ETIMEDOUT)
        ;
    taken = bus_count > 0;
    if (taken) {
        *msg = bus[bus_first];
        bus_first = (bus_first + 1) % bus_size;
        bus_count--;
    }
    pthread_mutex_unlock(&bus_lock);
    return taken;
}

/* rtos.receive(timeout_ms) -> what the handler returns; false after the timeout */
static int rtos_receive(lua_State *L)
{
    struct rtos_msg msg;
    int             top, results;
    if (!take(&msg, (int)luaL_checkinteger(L, 1))) {
        lua_pushboolean(L, 0);
        return 1;
    }
    lua_pushlightuserdata(L, &msg);
    top = lua_gettop(L);
    results = msg.handler(L, msg.ptr);
    if (lua_gettop(L) != top + results)
        fault("a handler left something on the stack");
    return results;
}

static int do_nothing(lua_State *L, void *ptr)
{
    (void)L;
    (void)ptr;
    return 0;
}

/* host.fill(): fills the bus with messages of somebody else */
static int host_fill(lua_State *L)
{
    struct rtos_msg msg = {do_nothing, NULL, 0, 0};
    (void)L;
    while (luat_msgbus_put(&msg, 0) == 0)
        ;
    return 0;
}

/* host.bus() -> messages that wait, messages put, messages refused, context number of the last one that waits */
static int host_bus(lua_State *L)
{
    pthread_mutex_lock(&bus_lock);
    lua_pushinteger(L, bus_count);
    lua_pushinteger(L, puts_done);
    lua_pushinteger(L, puts_refused);
    lua_pushinteger(L, bus_count > 0 ? bus[(bus_first + bus_count - 1) % bus_size].arg1 : 0);
    pthread_mutex_unlock(&bus_lock);
    return 4;
}

/* host.sleep(ms), without the loop */
static int host_sleep(lua_State *L)
{
    usleep((useconds_t)luaL_checkinteger(L, 1) * 1000);
    return 0;
}

/* host.ticks() */
static int host_ticks(lua_State *L)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    lua_pushinteger(L, (lua_Integer)t.tv_sec * 1000 + t.tv_nsec / 1000000);
    return 1;
}

#include "timers.inc"
#ifdef CAMERA
#include "camera.inc"
#endif

/* ---- opening ---- */

/* As LuatOS: calls the opener always, sets the global only. */
static void requiref(lua_State *L, const char *name, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
    lua_setglobal(L, name);
}

static const char *folder; /* of the Lua files */

/* As LuatOS: no cpath, no preload, no library that is opened now. */
static int require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        return 1;
    lua_pushfstring(L, "%s/%s.lua", folder, name);
    if (luaL_loadfile(L, lua_tostring(L, -1)) != LUA_OK)
        return luaL_error(L, "module '%s' not found: %s", name, lua_tostring(L, -1));
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}

static const luaL_Reg rtos_functions[] = {
    {"receive", rtos_receive}, {"timer_start", rtos_timer_start}, {"timer_stop", rtos_timer_stop}, {NULL, NULL},
};
static const luaL_Reg host_functions[] = {
    {"fill", host_fill},   {"bus", host_bus},       {"sleep", host_sleep}, {"ticks", host_ticks},
#ifdef CAMERA
    {"camera", host_camera}, {"frame", host_frame}, {"mode", host_mode},
#endif
    {NULL, NULL},
};

static int open_rtos(lua_State *L)
{
    luaL_newlib(L, rtos_functions);
    lua_pushinteger(L, MSG_TIMER);
    lua_setfield(L, -2, "MSG_TIMER");
    return 1;
}

static int open_host(lua_State *L)
{
    luaL_newlib(L, host_functions);
    return 1;
}

#ifdef CUSTOM_INIT
void luat_custom_init(lua_State *L);

void luat_custom_init(lua_State *L)
{
    requiref(L, "rtmp", luaopen_rtmp);
}
#endif

static void open_libraries(lua_State *L)
{
    static const luaL_Reg stock[] = {
        {"_G", luaopen_base},         {"table", luaopen_table}, {"string", luaopen_string},
        {"coroutine", luaopen_coroutine}, {"os", luaopen_os},   {"math", luaopen_math},
    };
    size_t i;
    for (i = 0; i < sizeof stock / sizeof *stock; i++) {
        luaL_requiref(L, stock[i].name, stock[i].func, 1);
        lua_pop(L, 1);
    }
    lua_register(L, "require", require);
    requiref(L, "rtos", open_rtos);
    requiref(L, "host", open_host);
#ifdef CUSTOM_INIT
    luat_custom_init(L);
#else
    requiref(L, "rtmp", luaopen_rtmp);
#endif
}

static int panic(lua_State *L)
{
    fprintf(stderr, "host: panic: %s\n", lua_tostring(L, -1));
    fflush(stdout);
    _exit(3);
}

int main(int argc, char **argv)
{
    lua_State         *L = luaL_newstate();
    pthread_condattr_t monotonic;
    int                i, first = 1;
    if (argc > 3 && strcmp(argv[1], "-q") == 0) {
        bus_size = atoi(argv[2]);
        first = 3;
    }
    bus = calloc((size_t)bus_size, sizeof *bus);
    if (L == NULL || bus == NULL || first + 1 >= argc)
        return 2;
    folder = argv[first++];
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&bus_filled, &monotonic);
    pthread_cond_init(&timers_changed, &monotonic);
    lua_atpanic(L, panic);
    open_libraries(L);
    if (luaL_loadfile(L, argv[first]) != LUA_OK)
        panic(L);
    for (i = first + 1; i < argc; i++)
        lua_pushstring(L, argv[i]);
    lua_call(L, argc - first - 1, 0);
    lua_close(L);
    timers_exit();
#ifdef CAMERA
    camera_exit();
#endif
    free(bus);
    return 0;
}
