/*
 * The bus of the Lua face (internal/luaface/bus.c) without memory: bus. Built with that file, whose calls of calloc() come here.
 */
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "check.h"
#include "bus.h"

void *failing_calloc(size_t count, size_t size);

static int left = -1; /* allocations that succeed; -1: all */

void *failing_calloc(size_t count, size_t size)
{
    if (left == 0)
        return NULL;
    if (left > 0)
        left--;
    return calloc(count, size);
}

static struct bus *bus;

static int post(int context, int state, const char *text, struct reserve *reserve)
{
    struct event e;
    memset(&e, 0, sizeof e);
    e.context = context;
    e.kind = EVENT_STATE;
    e.state = state;
    return bus_post(bus, &e, text, reserve);
}

/* The next event is this one; it is removed. */
static void expect(int context, int state, const char *text)
{
    char         got[EVENT_TEXT];
    struct event e;
    unsigned     number = bus_peek(bus, &e, got);
    CHECK(number != 0);
    CHECK(e.context == context && e.state == state && strcmp(got, text) == 0);
    CHECK(bus_remove(bus, number) == 1);
    CHECK(bus_remove(bus, number) == 0);
}

static void expect_nothing(void)
{
    char         text[EVENT_TEXT];
    struct event e;
    CHECK(bus_is_empty(bus) && bus_peek(bus, &e, text) == 0 && bus_wait(bus, 0) == 0);
}

/* As announce.c does: a message for each event that has none. */
static int announce(void)
{
    int messages = 0, context;
    while (bus_claim(bus, &context))
        messages++;
    return messages;
}

int main(void)
{
    struct reserve *one, *two;
    char            longer[2 * EVENT_TEXT];
    int             i;

    left = 0;
    CHECK(bus_new(NULL) == NULL);
    left = -1;
    CHECK((bus = bus_new(NULL)) != NULL);
    CHECK((one = bus_reserve()) != NULL && (two = bus_reserve()) != NULL);
    left = 0;
    CHECK(bus_reserve() == NULL);

    /* Without memory all states of a connection arrive in their order, and so do those of another context among them. */
    left = 1;
    CHECK(post(1, 1, "", one) == 1);
    for (i = 2; i <= 7; i++)
        CHECK(post(1, i, i == 7 ? "why" : "", one) == 1 && post(2, i, "", two) == 1);
    CHECK(post(3, 1, "", NULL) == 0);
    CHECK(bus_wait(bus, 0) == 1 && bus_waits_for(bus, 2) && !bus_waits_for(bus, 3));
    CHECK(announce() == 13);
    expect(1, 1, "");
    for (i = 2; i <= 7; i++) {
        expect(1, i, i == 7 ? "why" : "");
        expect(2, i, "");
    }
    expect_nothing();

    /* Of more states than that the newest arrive; of several texts the last one. The message for what was there is on its way. */
    for (i = 0; i < 20; i++) {
        CHECK(post(1, i, i % 5 == 0 ? "older" : "", one) == 1);
        CHECK(announce() == (i < 8 ? 1 : 0));
    }
    CHECK(post(1, 20, "newest", one) == 1 && post(1, 21, "", one) == 1);
    for (i = 14; i < 22; i++)
        expect(1, i, i == 20 ? "newest" : "");
    expect_nothing();

    /* A reserve serves again and again, and goes with its events. */
    CHECK(post(1, 4, "", one) == 1 && announce() == 1);
    expect(1, 4, "");
    CHECK(post(1, 5, "", one) == 1 && post(2, 5, "", two) == 1 && post(1, 6, "text", one) == 1);
    bus_give_back(bus, one);
    expect(2, 5, "");
    expect_nothing();

    /* An event that is looked at stays the one that is removed. */
    {
        char         text[EVENT_TEXT];
        struct event e;
        unsigned     number;
        CHECK(post(2, 0, "", two) == 1 && (number = bus_peek(bus, &e, text)) != 0);
        for (i = 1; i <= 8; i++)
            CHECK(post(2, i, "", two) == 1);
        CHECK(bus_remove(bus, number) == 0); /* it was forgotten meanwhile */
        for (i = 1; i <= 8; i++)
            expect(2, i, "");
    }

    /* Of too many events the oldest go; a text that is too long is cut. */
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK(post(2, 0, longer, two) == 1);
    left = -1;
    for (i = 0; i < 2000; i++)
        CHECK(post(1, i, longer, two) == 1);
    longer[EVENT_TEXT - 1] = '\0';
    for (i = 2000 - 1024; i < 2000; i++)
        expect(1, i, longer);
    expect_nothing();
    left = 0;
    CHECK(post(2, 3, "", two) == 1);
    bus_give_back(bus, two);
    expect_nothing();
    bus_leave(bus);
    return 0;
}
