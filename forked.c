#define _POSIX_C_SOURCE 200809L

#include "forked.h"

#include <pthread.h>

static volatile int in_child; /* set once, by the only thread that a child has */

int forked(void)
{
    return in_child;
}

static void on_fork(void)
{
    in_child = 1;
}

/* When the library is loaded, before any thread of the host can fork. */
__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork);
}
