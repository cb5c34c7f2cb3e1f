#define _DEFAULT_SOURCE

#include "forked.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Two marks, because neither is always there. Functions for pthread_atfork() are not run by _Fork(), nor by a system call that
 * is made without the C library. A page that the kernel fills with zeros in a child knows of every child, but needs Linux 4.14.
 */
static volatile int         in_child;  /* set by the only thread that a child of fork() has */
static const volatile char *in_parent; /* in such a page: 1, and 0 in a child. NULL where the kernel has none */

int forked(void)
{
    return in_child || (in_parent != NULL && !*in_parent);
}

static void on_fork(void)
{
    in_child = 1;
}

/* When the library is loaded, before any thread of the host can fork. */
__attribute__((constructor)) static void watch_forks(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char  *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_atfork(NULL, NULL, on_fork);
    if (page == MAP_FAILED)
        return;
#ifdef MADV_WIPEONFORK
    if (madvise(page, size, MADV_WIPEONFORK) == 0) {
        *page = 1;
        in_parent = page;
        return;
    }
#endif
    munmap(page, size);
}
