#define _POSIX_C_SOURCE 200809L

#include "bus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../forkguard/forked.h"

/* More than any script needs that polls at all. Of one that does not, the oldest events are forgotten. */
#define MAX_EVENTS 1024

struct entry {
    struct entry *next;
    unsigned      number; /* of those that were posted, from 1 */
    int           is_reserved; /* a place of a reserve: not released with its event */
    int           is_queued;
    struct event  event;
    const char   *text;
};

/* States of one context: those of a whole connection, from CONNECTING on, are 7. */
enum { RESERVED_PLACES = 8 };

/*
 * Places are taken in turn, and events leave the bus in their order: so the next place is free if any is, and else it holds the
 * oldest event.
 */
struct reserve {
    struct entry  places[RESERVED_PLACES];
    int           next;
    struct entry *texted; /* the place whose text is below, or NULL */
    char          text[EVENT_TEXT];
};

struct bus {
    pthread_mutex_t lock; /* of all below but what does not change */
    int             owners, events;
    struct entry   *first, *last;
    unsigned        posted;
    int             unannounced; /* of the events, the newest; more than there are when some were forgotten */
    int             retrying;
    bus_hook       *hook; /* or NULL; does not change, nor do the descriptors */
    int             reader, writer; /* a pipe that holds one byte while events wait */
};

static int set_flags(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

struct bus *bus_new(bus_hook *posted)
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
    bus->hook = posted;
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

/* Appends an entry; lock must be held. */
static void append(struct bus *bus, struct entry *entry)
{
    entry->next = NULL;
    entry->is_queued = 1;
    entry->number = ++bus->posted;
    if (entry->number == 0) /* which is none; the count has run over */
        entry->number = ++bus->posted;
    if (bus->first != NULL)
        bus->last->next = entry;
    else
        bus->first = entry;
    bus->last = entry;
    if (bus->events++ == 0)
        signal_reader(bus);
}

/* Takes out the entry that a link leads to; lock must be held. */
static struct entry *unlink_entry(struct bus *bus, struct entry **link)
{
    struct entry *entry = *link;
    *link = entry->next;
    entry->is_queued = 0;
    if (--bus->events == 0)
        calm_reader(bus);
    if (bus->last == entry)
        for (bus->last = bus->first; bus->last != NULL && bus->last->next != NULL; bus->last = bus->last->next)
            ;
    return entry;
}

/* Returns the link to an entry that is on the bus; lock must be held. */
static struct entry **link_to(struct bus *bus, const struct entry *entry)
{
    struct entry **link = &bus->first;
    while (*link != entry)
        link = &(*link)->next;
    return link;
}

static void release(struct entry *entry)
{
    if (!entry->is_reserved)
        free(entry);
}

/* Returns an entry with a text of length bytes, or NULL when there is no memory. */
static struct entry *new_entry(const char *text, size_t length)
{
    struct entry *entry = calloc(1, sizeof *entry + length + 1);
    if (entry == NULL)
        return NULL;
    memcpy(entry + 1, text, length);
    entry->text = (const char *)(entry + 1);
    return entry;
}

/*
 * Returns the next place of a reserve, with a text of length bytes. If that place is on the bus, its event is forgotten, and *forgot is
 * set. There is room for one text: an older event that has one keeps all but that. lock must be held.
 */
static struct entry *take_place(struct bus *bus, struct reserve *reserve, const char *text, size_t length, int *forgot)
{
    struct entry *place = &reserve->places[reserve->next];
    reserve->next = (reserve->next + 1) % RESERVED_PLACES;
    *forgot = place->is_queued;
    if (*forgot)
        unlink_entry(bus, link_to(bus, place));
    if (reserve->texted == place || (reserve->texted != NULL && length > 0)) {
        reserve->texted->text = "";
        reserve->texted = NULL;
    }
    place->text = "";
    if (length > 0) {
        memcpy(reserve->text, text, length);
        reserve->text[length] = '\0';
        place->text = reserve->text;
        reserve->texted = place;
    }
    return place;
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
        release(unlink_entry(bus, &bus->first));
    close(bus->reader);
    close(bus->writer);
    pthread_mutex_destroy(&bus->lock);
    free(bus);
}

struct reserve *bus_reserve(void)
{
    struct reserve *reserve = calloc(1, sizeof *reserve);
    int             i;
    for (i = 0; reserve != NULL && i < RESERVED_PLACES; i++)
        reserve->places[i].is_reserved = 1;
    return reserve;
}

void bus_give_back(struct bus *bus, struct reserve *reserve)
{
    int i;
    if (reserve == NULL || forked())
        return;
    pthread_mutex_lock(&bus->lock);
    for (i = 0; i < RESERVED_PLACES; i++)
        if (reserve->places[i].is_queued)
            unlink_entry(bus, link_to(bus, &reserve->places[i]));
    pthread_mutex_unlock(&bus->lock);
    free(reserve);
}

int bus_post(struct bus *bus, const struct event *e, const char *text, struct reserve *reserve)
{
    size_t        length = strlen(text);
    struct entry *entry;
    int           replaces = 0;
    if (length >= EVENT_TEXT)
        length = EVENT_TEXT - 1;
    entry = new_entry(text, length);
    if (entry == NULL && reserve == NULL)
        return 0;
    pthread_mutex_lock(&bus->lock);
    if (entry == NULL)
        entry = take_place(bus, reserve, text, length, &replaces);
    entry->event = *e;
    append(bus, entry);
    if (bus->events > MAX_EVENTS)
        release(unlink_entry(bus, &bus->first));
    if (!replaces && bus->unannounced < bus->events) /* else the message for what was there does for this one */
        bus->unannounced++;
    pthread_mutex_unlock(&bus->lock);
    if (bus->hook != NULL)
        bus->hook(bus);
    return 1;
}

int bus_waits_for(struct bus *bus, int context)
{
    const struct entry *e;
    if (forked())
        return 0;
    pthread_mutex_lock(&bus->lock);
    for (e = bus->first; e != NULL && e->event.context != context; e = e->next)
        ;
    pthread_mutex_unlock(&bus->lock);
    return e != NULL;
}

int bus_claim(struct bus *bus, int *context)
{
    const struct entry *e;
    int                 announced, found;
    pthread_mutex_lock(&bus->lock);
    if (bus->unannounced > bus->events)
        bus->unannounced = bus->events;
    announced = bus->events - bus->unannounced;
    found = bus->unannounced > 0;
    if (found) {
        for (e = bus->first; announced > 0; announced--)
            e = e->next;
        *context = e->event.context;
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

int bus_is_empty(struct bus *bus)
{
    int empty;
    if (forked())
        return 1;
    pthread_mutex_lock(&bus->lock);
    empty = bus->first == NULL;
    pthread_mutex_unlock(&bus->lock);
    return empty;
}

unsigned bus_peek(struct bus *bus, struct event *e, char *text)
{
    unsigned number = 0;
    if (forked())
        return 0;
    pthread_mutex_lock(&bus->lock);
    if (bus->first != NULL) {
        number = bus->first->number;
        *e = bus->first->event;
        strcpy(text, bus->first->text);
    }
    pthread_mutex_unlock(&bus->lock);
    return number;
}

int bus_remove(struct bus *bus, unsigned number)
{
    struct entry *entry = NULL;
    if (forked())
        return 0;
    pthread_mutex_lock(&bus->lock);
    if (bus->first != NULL && bus->first->number == number) {
        entry = unlink_entry(bus, &bus->first);
        release(entry);
    }
    pthread_mutex_unlock(&bus->lock);
    return entry != NULL;
}

int bus_descriptor(const struct bus *bus)
{
    return bus->reader;
}
