// Package stats counts what a publisher sends and drops, and measures at what rate.
//
// Its users are the senders of a publisher's connections, which count into one Counters that outlives each of them, and the
// publisher, which reports what has been counted. Counters may be used by any goroutine: they have a lock of their own, under
// which nothing else is called.
package stats
