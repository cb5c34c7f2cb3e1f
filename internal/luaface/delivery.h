/* Delivery of callbacks. */
#ifndef LUAFACE_DELIVERY_H
#define LUAFACE_DELIVERY_H

#include "host.h"

/*
 * Delivers the oldest event of L's bus, if there is one; returns the number of callbacks called. Raises what the callback
 * raises.
 */
int module_deliver(lua_State *L);

#endif
