/* What descriptor 2 was when the library was loaded. */
#ifndef STDERR_H
#define STDERR_H

#include <stdint.h>

/* Device and inode, zeros if it was closed. Any thread. */
void stderr_when_loaded(uint64_t *device, uint64_t *inode);

#endif
