/* Shared by the C programs of tests/capi. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "luat_rtmp_push.h"

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

#define PATIENCE_MS 20000 /* for what must happen */

static inline void pause_ms(long ms)
{
    struct timespec t;
    t.tv_sec = ms / 1000;
    t.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&t, NULL);
}

/* Waits until a condition holds. */
#define AWAIT(condition)                              \
    do {                                              \
        int tries;                                    \
        for (tries = 0; !(condition); tries++) {      \
            CHECK(tries < PATIENCE_MS && #condition); \
            pause_ms(1);                              \
        }                                             \
    } while (0)

#endif
