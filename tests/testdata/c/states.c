/*
 * Opens and closes Lua states in one process: states FOLDER_OF_RTMP_SO CYCLES CHUNK. Each state runs the chunk and is closed as
 * the chunk has left it. Prints the descriptors and the threads before and after; exits with 1 when there are more.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static int count(const char *folder)
{
    int            n = 0;
    DIR           *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void cycle(const char *folder, const char *chunk)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_pushfstring(L, "%s/?.so", folder);
    lua_setfield(L, -2, "cpath");
    if (luaL_dostring(L, chunk)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(2);
    }
    lua_close(L);
}

int main(int argc, char **argv)
{
    int i, descriptors, threads, descriptors_after = 0, threads_after = 0;
    if (argc != 4)
        return 2;
    for (i = 0; i < 10; i++) /* the library's runtime starts its threads, and keeps them */
        cycle(argv[1], argv[3]);
    descriptors = count("/proc/self/fd");
    threads = count("/proc/self/task");
    for (i = 0; i < atoi(argv[2]); i++)
        cycle(argv[1], argv[3]);
    for (i = 0; i < 100; i++) { /* sockets are closed a little later */
        descriptors_after = count("/proc/self/fd");
        threads_after = count("/proc/self/task");
        if (descriptors_after <= descriptors && threads_after <= threads + 3)
            break;
        usleep(20000);
    }
    printf("descriptors %d %d threads %d %d\n", descriptors, descriptors_after, threads, threads_after);
    return i == 100;
}
