/*
 * The log, where a script takes it: with rtmp.setLogger, and in LuatOS always, where lines go to its `log`.
 *
 * Lines come from a thread of the library and wait here for the script; for each of them an event is put on the bus of the
 * Lua state that has the log. There is one log in a process, and one state that has it: the last one that asked for it.
 */
#define _POSIX_C_SOURCE 200809L

#include "log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../forkguard/forked.h"
#include "../luatos/msgbus.h"
#include "methods.h"
#include "stack.h"

#define LOGGER_KEY "rtmp.logger" /* registry: the function of the script */

enum {
    MAX_LINES = 64,  /* that wait for a script; what comes on top is lost, and counted */
    MAX_LINE = 4096, /* bytes of a text */
};

struct line {
    struct line *next;
    int          level;
    char         text[];
};

/* Held while the log goes from one to another; taken before lock. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

/* Of all below; it is not held while anything of Lua is called. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bus     *owner; /* the bus of the state that has the log, or NULL */
static struct line    *first, *last;
static int             waiting;
static unsigned        lost; /* since a line last said how many were lost */

/* Appends a line, or counts it as lost; lock must be held, and there must be an owner. */
static void append(int level, const char *text)
{
    static const struct event e = {0, EVENT_LOG, 0, 0, 0, 0};
    size_t       length = strlen(text);
    struct line *l;
    if (length > MAX_LINE)
        length = MAX_LINE;
    l = waiting < MAX_LINES ? malloc(sizeof *l + length + 1) : NULL;
    if (l == NULL) {
        lost++;
        return;
    }
    if (!bus_post(owner, &e, "", NULL)) { /* without memory; nobody would take the line */
        free(l);
        lost++;
        return;
    }
    l->next = NULL;
    l->level = level;
    memcpy(l->text, text, length);
    l->text[length] = '\0';
    if (first != NULL)
        last->next = l;
    else
        first = l;
    last = l;
    waiting++;
}

/* Removes the first line, which is there; lock must be held. */
static void remove_first(void)
{
    struct line *l = first;
    first = l->next;
    waiting--;
    free(l);
}

/* Called from a thread of the library. */
static void on_log(rtmp_log_level_t level, const char *text, void *user_data)
{
    (void)user_data;
    pthread_mutex_lock(&lock);
    if (owner != NULL) {
        if (lost > 0 && waiting < MAX_LINES) {
            char     what[80];
            unsigned lines = lost;
            snprintf(what, sizeof what, "lines of the log were lost: the script was busy lines=%u", lines);
            append(RTMP_LOG_WARN, what);
            lost -= lines;
        }
        append((int)level, text);
    }
    pthread_mutex_unlock(&lock);
}

/* Makes a bus the owner, or with NULL nobody. Returns the owner before; changing must be held. */
static struct bus *change_owner(struct bus *next)
{
    struct bus *before;
    pthread_mutex_lock(&lock);
    before = owner;
    owner = next;
    while (first != NULL)
        remove_first();
    lost = 0;
    pthread_mutex_unlock(&lock);
    return before;
}

void log_take(struct bus *bus)
{
    if (forked())
        return;
    pthread_mutex_lock(&changing);
    if (owner != bus) /* it changes only while changing is held */
        bus_leave(change_owner(bus_share(bus)));
    rtmp_set_log_callback(on_log, NULL);
    pthread_mutex_unlock(&changing);
}

void log_give_back(struct bus *bus)
{
    if (forked())
        return;
    pthread_mutex_lock(&changing);
    if (owner == bus) {
        bus_leave(change_owner(NULL));
        rtmp_set_log_callback(NULL, NULL);
    }
    pthread_mutex_unlock(&changing);
}

/* Copies the first line that waits for a bus to text, of MAX_LINE + 1 bytes, and removes it. Returns its level, or 0. */
static int take_line(const struct bus *bus, char *text)
{
    int level = 0;
    if (forked())
        return 0;
    pthread_mutex_lock(&lock);
    if (owner == bus && first != NULL) {
        level = first->level;
        strcpy(text, first->text);
        remove_first();
    }
    pthread_mutex_unlock(&lock);
    return level;
}

static const char *level_name(int level)
{
    switch (level) {
    case RTMP_LOG_DEBUG:
        return "debug";
    case RTMP_LOG_INFO:
        return "info";
    case RTMP_LOG_WARN:
        return "warn";
    default:
        return "error";
    }
}

int log_deliver(lua_State *L, struct module *m)
{
    char        text[MAX_LINE + 1];
    int         top = lua_gettop(L), level = take_line(m->bus, text);
    const char *name = level_name(level);
    if (level == 0)
        return 0;
    push_traceback_adder(L);
    lua_getfield(L, LUA_REGISTRYINDEX, LOGGER_KEY);
    if (lua_isfunction(L, -1)) {
        lua_pushstring(L, name);
    } else { /* log.warn("rtmp", text), as LuatOS's own components do */
        lua_getglobal(L, "log");
        if (lua_istable(L, -1))
            lua_getfield(L, -1, name);
        lua_pushstring(L, "rtmp");
    }
    if (!lua_isfunction(L, -2)) {
        lua_settop(L, top);
        return 0;
    }
    lua_pushstring(L, text);
    call_script(L, top + 1, 2, 0);
    lua_settop(L, top);
    return 1;
}

/* rtmp.setLogger(function(level, text) | nil) */
int module_set_logger(lua_State *L)
{
    struct module *m = module_check(L);
    int            type = lua_type(L, 1), good = type == LUA_TFUNCTION || type == LUA_TNIL;
    if (good) {
        lua_settop(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, LOGGER_KEY);
        m = module_check(L); /* anew: finalizers may have run */
        if (type == LUA_TFUNCTION)
            log_take(m->bus);
        else if (!luatos_has_msgbus())
            log_give_back(m->bus);
    }
    lua_pushboolean(L, good);
    return 1;
}
