/*
 * To be preloaded: calloc() fails for what rtmp.so asks for an event, from its own threads (FAILS=threads) or from all
 * (FAILS=all).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
    const char *fails = getenv("FAILS");
    Dl_info     caller;
    if (fails != NULL && size >= 40 && dladdr(__builtin_return_address(0), &caller) != 0 && strstr(caller.dli_fname, "rtmp.so") != NULL) {
        if (strcmp(fails, "threads") == 0 ? syscall(SYS_gettid) != getpid() : size > 1000)
            return NULL;
    }
    return __libc_calloc(count, size);
}
