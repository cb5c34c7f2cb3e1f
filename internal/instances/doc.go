// Package instances has the table of the contexts of this process: what stands behind the rtmp_ctx_t of a program, found by its
// address. It knows when one begins and when nothing of it is left, and how long whoever ends some waits for their goodbyes. The C
// API is its user, and has one table.
//
// A table has a lock, under which no publisher is called. For each context that has been ended there is a goroutine until its goodbye
// is over, half a second at most, and another one where a context is ended by its own callback, until that has returned.
package instances
