/* The log, where a script takes it. */
#ifndef LUAFACE_LOG_H
#define LUAFACE_LOG_H

#include "context.h"

/* Lets the lines of the log go to the Lua state of a bus, until another one takes them, or it gives them back. */
void log_take(struct bus *bus);

/* Gives the log back, if the Lua state of the bus has it. */
void log_give_back(struct bus *bus);

/* Hands the oldest line that waits for the script to its function; returns 1, or 0 if there is none. Raises what that raises. */
int log_deliver(lua_State *L, struct module *m);

#endif
