/*
 * Loading the library waits until Go is there, so that what Go needs in the beginning is taken while the host has not gone on: two
 * file descriptors and some threads. For a second at most: nobody knows what a loader of some system holds meanwhile.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <time.h>

void loaded_set(int done);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t  changed = PTHREAD_COND_INITIALIZER;
static int             loaded;

/* Called by loading.go, from an init function of Go. */
void loaded_set(int done)
{
    pthread_mutex_lock(&lock);
    loaded = done;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

/* The C library's: 0 once there has been a second thread. Go's first one is there by now, except in a program of Go's own. */
extern char __libc_single_threaded;
#pragma weak __libc_single_threaded

__attribute__((constructor)) static void wait_for_go(void)
{
    struct timespec limit;
    if (&__libc_single_threaded == NULL || __libc_single_threaded || clock_gettime(CLOCK_REALTIME, &limit) != 0)
        return;
    limit.tv_sec++;
    pthread_mutex_lock(&lock);
    while (!loaded && pthread_cond_timedwait(&changed, &lock, &limit) == 0)
        ;
    pthread_mutex_unlock(&lock);
}
