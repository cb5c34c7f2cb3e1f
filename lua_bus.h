/*
 * The way of a change of state from a thread of the library to the script: any thread posts, the interpreter's own
 * thread takes. One bus for each Lua state.
 *
 * In a child made by fork() there are no such threads, and one of them may have held the lock: there the bus is empty, and
 * stays until the child ends.
 */
#ifndef LUA_BUS_H
#define LUA_BUS_H

#include <stdint.h>

enum event_kind { EVENT_STATE, EVENT_BITRATE, EVENT_URL, EVENT_LOG };

struct event {
    struct event *next;
    int           context; /* number of the context, never its address: it may be gone when the event is taken. EVENT_LOG: 0 */
    enum event_kind kind;
    int           state, code; /* EVENT_STATE */
    uint32_t      kbps, queue_ms; /* EVENT_BITRATE */
    char          text[]; /* of an error, else "" */
};

struct bus;

/* A bus with one owner, or NULL when there is no memory or no descriptor left. */
struct bus *bus_new(void);
struct bus *bus_share(struct bus *bus); /* one owner more; returns bus */
void bus_leave(struct bus *bus);        /* one owner less; the last one releases it. NULL is ignored */

/* Copies e and text. An event that finds no memory is lost. Any thread. */
void bus_post(struct bus *bus, const struct event *e, const char *text);

/* Waits until an event is there: 1; 0 after timeout_ms, or when a signal came. */
int bus_wait(struct bus *bus, int timeout_ms);

/* The oldest event, which stays on the bus, or NULL. Interpreter's thread only, as bus_drop, which removes it. */
const struct event *bus_first(struct bus *bus);
void bus_drop(struct bus *bus);

/* Whether an event of a context is on the bus. */
int bus_waits_for(struct bus *bus, int context);

/*
 * For a host with a message bus of its own, on which each event is to be announced by one message; see luatos_bus.c.
 * bus_claim takes the oldest event that is not announced yet, for one announcement, and tells its context: 1, or 0 when
 * there is none. bus_unclaim: that announcement failed. Any thread.
 */
int bus_claim(struct bus *bus, int *context);
void bus_unclaim(struct bus *bus);

/* Whether a thread makes the announcements that failed, for that thread and who starts it. */
int bus_is_retrying(struct bus *bus);
void bus_set_retrying(struct bus *bus, int retrying);
int bus_is_alone(struct bus *bus); /* the caller is the only owner */

/* A descriptor that is readable while events wait; the bus's own, not to be read or closed. */
int bus_descriptor(const struct bus *bus);

#endif
