/* The Lua module `fork`: what stock Lua does not have. */
#include <sys/wait.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

/* fork.fork(seconds) -> true in the child, which SIGALRM ends after so long; in the parent false, process */
static int fork_fork(lua_State *L)
{
    unsigned seconds = (unsigned)luaL_checkinteger(L, 1);
    pid_t    pid = fork();
    if (pid < 0)
        return luaL_error(L, "fork failed");
    if (pid == 0)
        alarm(seconds);
    lua_pushboolean(L, pid == 0);
    lua_pushinteger(L, (lua_Integer)pid);
    return 2;
}

/* fork.wait(process) -> exit code, or the negative number of the signal that ended it */
static int fork_wait(lua_State *L)
{
    int status;
    if (waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0) < 0)
        return luaL_error(L, "waitpid failed");
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    return 1;
}

int luaopen_fork(lua_State *L)
{
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, fork_fork);
    lua_setfield(L, -2, "fork");
    lua_pushcfunction(L, fork_wait);
    lua_setfield(L, -2, "wait");
    return 1;
}
