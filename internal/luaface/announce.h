/* Delivery by LuatOS's loop. */
#ifndef LUAFACE_ANNOUNCE_H
#define LUAFACE_ANNOUNCE_H

#include "bus.h"

/*
 * The hook of a bus whose events LuatOS's loop delivers: puts one message on the host's bus for each event of bus that has none yet.
 * What does not fit is put later, by the next call or by a thread of its own. Any thread.
 */
void announce(struct bus *bus);

#endif
