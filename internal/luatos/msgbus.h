/* LuatOS's message bus: from any thread to the interpreter's. */
#ifndef LUATOS_MSGBUS_H
#define LUATOS_MSGBUS_H

#include "host.h"

/* Whether the host has a message bus. */
int luatos_has_msgbus(void);

/*
 * Puts a message on the bus: the host's loop calls handler on the interpreter's thread, unprotected. context is for who looks at the
 * message. Returns 0 when it does not fit. Does not wait. Any thread.
 */
int luatos_msgbus_put(luatos_handler *handler, int context);

#endif
