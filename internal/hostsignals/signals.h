/*
 * The signals of the process, which belong to the host: no thread of the library takes one, no thread of the host has another
 * mask after a call than before it, and no handler of the host runs on the small stack of a goroutine.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

/*
 * Makes the host's way of taking signals safe beside Go, as it is now: what was installed since the library was loaded, and
 * what the calling thread blocks. Any thread.
 */
void signals_prepare(void);

/* Must be called before a thread calls Go; only the first time on a thread costs anything. */
void signals_enter(void);

#endif
