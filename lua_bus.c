#define _POSIX_C_SOURCE 200809L

#include "lua_bus.h"

#include "forked.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * More than any script needs that polls at all. Of one that does not, the oldest events are forgotten, but for the very
 * first: the interpreter may be looking at it.
 */
#define MAX_EVENTS 1024

struct bus {
    pthread_mutex_t lock; /* of all below but the descriptors */
    int             owners, events;
    struct event   *first, *last;
    int             unannounced; /* of the events, the newest; more than there are when some were forgotten */
    int             retrying;
    int             reader, writer; /* a pipe that holds one byte while events wait */
};

static int set_flags(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

struct bus *bus_new(void)
{
    struct bus *bus = calloc(1, sizeof *bus);
    int ends[2];
    if (bus == NULL)
        return NULL;
    if (pipe(ends) != 0) {
        free(bus);
        return NULL;
    }
    bus->reader = ends[0];
    bus->writer = ends[1];
    if (!set_flags(bus->reader) || !set_flags(bus->writer) || pthread_mutex_init(&bus->lock, NULL) != 0) {
        close(bus->reader);
        close(bus->writer);
        free(bus);
        return NULL;
    }
    bus->owners = 1;
    return bus;
}

struct bus *bus_share(struct bus *bus)
{
    if (forked())
        return bus;
    pthread_mutex_lock(&bus->lock);
    bus->owners++;
    pthread_mutex_unlock(&bus->lock);
    return bus;
}

void bus_leave(struct bus *bus)
{
    int left;
    if (bus == NULL || forked())
        return;
    pthread_mutex_lock(&bus->lock);
    left = --bus->owners;
    pthread_mutex_unlock(&bus->lock);
    if (left > 0)
        return;
    while (bus->first != NULL)
        bus_drop(bus);
    close(bus->reader);
    close(bus->writer);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

/* The pipe holds one byte at most, so that neither of these can block or fail, but for a signal. */
static void signal_reader(struct bus *bus)
{
    while (write(bus->writer, "", 1) < 0 && errno == EINTR)
        ;
}

static void calm_reader(struct bus *bus)
{
    char byte;
    while (read(bus->reader, &byte, 1) < 0 && errno == EINTR)
        ;
}

void bus_post(struct bus *bus, const struct event *e, const char *text)
{
    size_t length = strlen(text) + 1;
    struct event *copy = malloc(sizeof *copy + length);
    if (copy == NULL)
        return;
    *copy = *e;
    copy->next = NULL;
    memcpy(copy->text, text, length);
    pthread_mutex_lock(&bus->lock);
    if (bus->first != NULL)
        bus->last->next = copy;
    else
        bus->first = copy;
    bus->last = copy;
    if (bus->events == 0)
        signal_reader(bus);
    if (bus->events == MAX_EVENTS) {
        struct event *second = bus->first->next;
        bus->first->next = second->next;
        free(second);
    } else {
        bus->events++;
    }
    if (bus->unannounced < bus->events)
        bus->unannounced++;
    pthread_mutex_unlock(&bus->lock);
}

int bus_waits_for(struct bus *bus, int context)
{
    const struct event *e;
    if (forked())
        return 0;
    pthread_mutex_lock(&bus->lock);
    for (e = bus->first; e != NULL && e->context != context; e = e->next)
        ;
    pthread_mutex_unlock(&bus->lock);
    return e != NULL;
}

int bus_claim(struct bus *bus, int *context)
{
    const struct event *e;
    int                 announced, found;
    pthread_mutex_lock(&bus->lock);
    if (bus->unannounced > bus->events)
        bus->unannounced = bus->events;
    announced = bus->events - bus->unannounced;
    found = bus->unannounced > 0;
    if (found) {
        for (e = bus->first; announced > 0; announced--)
            e = e->next;
        *context = e->context;
        bus->unannounced--;
    }
    pthread_mutex_unlock(&bus->lock);
    return found;
}

void bus_unclaim(struct bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bus->unannounced++;
    pthread_mutex_unlock(&bus->lock);
}

int bus_is_retrying(struct bus *bus)
{
    int retrying;
    pthread_mutex_lock(&bus->lock);
    retrying = bus->retrying;
    pthread_mutex_unlock(&bus->lock);
    return retrying;
}

void bus_set_retrying(struct bus *bus, int retrying)
{
    pthread_mutex_lock(&bus->lock);
    bus->retrying = retrying;
    pthread_mutex_unlock(&bus->lock);
}

int bus_is_alone(struct bus *bus)
{
    int alone;
    pthread_mutex_lock(&bus->lock);
    alone = bus->owners == 1;
    pthread_mutex_unlock(&bus->lock);
    return alone;
}

int bus_wait(struct bus *bus, int timeout_ms)
{
    struct pollfd p = {bus->reader, POLLIN, 0};
    return poll(&p, forked() ? 0 : 1, timeout_ms) > 0; /* the pipe is the parent's */
}

const struct event *bus_first(struct bus *bus)
{
    const struct event *e;
    if (forked())
        return NULL;
    pthread_mutex_lock(&bus->lock);
    e = bus->first;
    pthread_mutex_unlock(&bus->lock);
    return e;
}

void bus_drop(struct bus *bus)
{
    struct event *e;
    pthread_mutex_lock(&bus->lock);
    e = bus->first;
    if (e != NULL) {
        bus->first = e->next;
        if (--bus->events == 0)
            calm_reader(bus);
    }
    pthread_mutex_unlock(&bus->lock);
    free(e);
}

int bus_descriptor(const struct bus *bus)
{
    return bus->reader;
}
