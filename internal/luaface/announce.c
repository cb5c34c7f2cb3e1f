/*
 * From our bus to LuatOS's. Events stay on ours (bus.h), in their order; a message on LuatOS's bus only says that the
 * oldest of them is to be delivered. So a message holds no pointer to anything that may be gone when it is handled, and a
 * message that comes late, or once too often, does no harm.
 */
#define _POSIX_C_SOURCE 200809L

#include "announce.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "../luatos/msgbus.h"
#include "delivery.h"

enum { FIRST_PAUSE = 10, LONGEST_PAUSE = 200 }; /* ms between two attempts of the thread */

/* Held while messages are put, and for the decision to start or to end the thread of a bus. */
static pthread_mutex_t announcing = PTHREAD_MUTEX_INITIALIZER;

/* The handler of our messages. It leaves nothing on the stack for the host's loop. */
static int on_message(lua_State *L, void *ptr)
{
    (void)ptr;
    module_deliver(L);
    return 0;
}

/* Whether all events have their message now; announcing is held. */
static int announce_all(struct bus *bus)
{
    int context;
    while (bus_claim(bus, &context)) {
        if (!luatos_msgbus_put(on_message, context)) {
            bus_unclaim(bus);
            return 0;
        }
    }
    return 1;
}

static void pause_for(int ms)
{
    struct timespec t = {0, ms * 1000000L};
    nanosleep(&t, NULL);
}

/* The thread of a bus whose messages did not fit. It ends with the last of them, or as the last owner of the bus. */
static void *announce_later(void *argument)
{
    struct bus *bus = argument;
    int         pause = FIRST_PAUSE, done;
    do {
        pause_for(pause);
        pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
        pthread_mutex_lock(&announcing);
        done = bus_is_alone(bus) || announce_all(bus);
        if (done)
            bus_set_retrying(bus, 0);
        pthread_mutex_unlock(&announcing);
    } while (!done);
    bus_leave(bus);
    return NULL;
}

/* Signals are the host's: its handlers do not run on this thread. Without a thread the next event tries again. */
static void start_thread(struct bus *bus)
{
    pthread_t      thread;
    pthread_attr_t detached;
    sigset_t       all, before;
    if (pthread_attr_init(&detached) != 0)
        return;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bus_share(bus);
    if (pthread_create(&thread, &detached, announce_later, bus) == 0)
        bus_set_retrying(bus, 1);
    else
        bus_leave(bus);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
}

void announce(struct bus *bus)
{
    pthread_mutex_lock(&announcing);
    if (!announce_all(bus) && !bus_is_retrying(bus))
        start_thread(bus);
    pthread_mutex_unlock(&announcing);
}
