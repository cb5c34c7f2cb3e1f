/*
 * The way of a change of state from a thread of the library to the script: any thread posts, the interpreter's own
 * thread takes. One bus for each Lua state.
 *
 * In a child made by fork() there are no such threads, and one of them may have held the lock: there the bus is empty, and
 * stays until the child ends.
 */
#ifndef LUAFACE_BUS_H
#define LUAFACE_BUS_H

#include <stdint.h>

enum event_kind { EVENT_STATE, EVENT_BITRATE, EVENT_URL, EVENT_LOG };

struct event {
    int             context; /* number of the context, never its address: it may be gone when the event is taken. EVENT_LOG: 0 */
    enum event_kind kind;
    int             state, code; /* EVENT_STATE */
    uint32_t        kbps, queue_ms; /* EVENT_BITRATE */
};

#define EVENT_TEXT 1024 /* bytes of an event's text, the terminating zero included; longer ones are cut */

struct bus;
struct reserve; /* room for events of one context, where there is no memory for them */

/* Is called after each event that was put on a bus, by the thread that has put it there, without a lock of the bus. */
typedef void bus_hook(struct bus *bus);

/* Returns a bus with one owner, or NULL when there is no memory or no descriptor left. posted may be NULL. */
struct bus *bus_new(bus_hook *posted);
struct bus *bus_share(struct bus *bus); /* one owner more; returns bus */
void bus_leave(struct bus *bus);        /* one owner less; the last one releases it. NULL is ignored */

/*
 * Returns a reserve, to be given to bus_post, or NULL when there is no memory. bus_give_back releases it, and removes the events that
 * are in it from the bus; NULL is ignored.
 */
struct reserve *bus_reserve(void);
void bus_give_back(struct bus *bus, struct reserve *reserve);

/*
 * Puts copies of e and text on the bus. Where there is no memory for them they go into the reserve, which has room for the states of a
 * whole connection and for one text: if more wait there, the oldest is forgotten, and the newest has its text. So with a reserve of
 * each context's own no state is lost, unless the script lets more than one connection pass without looking. Returns 0 when the event
 * is lost, which it is without memory if reserve is NULL. Any thread.
 */
int bus_post(struct bus *bus, const struct event *e, const char *text, struct reserve *reserve);

/* Waits until an event is there: 1; 0 after timeout_ms, or when a signal came. */
int bus_wait(struct bus *bus, int timeout_ms);

/* Whether no event is on the bus. */
int bus_is_empty(struct bus *bus);

/*
 * Copies the oldest event, and its text to text, of EVENT_TEXT bytes. Returns the number by which bus_remove removes it, or 0 when
 * there is none. bus_remove returns 0 when it is not there any more.
 */
unsigned bus_peek(struct bus *bus, struct event *e, char *text);
int bus_remove(struct bus *bus, unsigned number);

/* Whether an event of a context is on the bus. */
int bus_waits_for(struct bus *bus, int context);

/*
 * For a host with a message bus of its own, on which each event is to be announced by one message; see announce.c.
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
