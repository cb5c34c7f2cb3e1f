/*
 * Whether this process is a child made by fork() since the library was loaded: the threads of the library, and whatever
 * locks they held, are gone there.
 */
#ifndef FORKED_H
#define FORKED_H

int forked(void);

#endif
