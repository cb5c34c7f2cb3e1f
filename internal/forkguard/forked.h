/*
 * Whether this process is a child that was made since the library was loaded, by fork(), _Fork() or the system call: the threads
 * of the library, and whatever locks they held, are gone there. Costs two reads of memory. A child of vfork() shares its
 * parent's memory, and is none.
 */
#ifndef FORKED_H
#define FORKED_H

int forked(void);

#endif
