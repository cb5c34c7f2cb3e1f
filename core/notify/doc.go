// Package notify calls an owner's functions: one at a time, in the order in which the calls were
// queued, and never under a lock.
//
// Its noun is the [Queue], one for each publisher; a call in it is a closure. Its user is core, which
// queues calls under its own locks and has them delivered once it has released them.
//
// # On which goroutine a call runs
//
// Calls run on goroutines of the library, never on one that a method of the publisher was called on,
// so the owner may hold, in its calls, a lock that its functions take. Whoever queues a call delivers,
// on the goroutine of the session for instance; if another goroutine is at it, that one goes on with
// it. So what a session has to tell runs on the session's own goroutine, and what a method of the
// owner leads to on a goroutine that DeliverApart starts, which ends with the queue.
//
// # What a call that sleeps holds up
//
// All later calls of its own queue wait, and so does the goroutine that runs it: a session that waits
// for a function of its owner brings no connection up, takes no end of the connection and tries no
// further attempt meanwhile. Media does not wait: frames are pushed, fed and written on other
// goroutines. Disconnect and Close wait until the call has returned, however long that takes. Other
// publishers wait for nothing of all that.
//
// # A call that would wait for itself
//
// A function may end its own publisher, or another one whose function is about to end the first: each
// would wait for the other for ever. While a call runs its goroutine is locked to its thread, and the
// table of the process says which thread runs a call and for which queue it waits there. Settle and
// Close return false at once where the wait would lead back to the thread that it began on.
//
// # Limits and locks
//
// A queue is as long as what its user puts into it. Its lock is never held while a call runs, and no
// other lock is taken under it but that of the table, which is held for a few instructions.
package notify
