// Package sendqueue has the messages of an RTMP connection that wait for the network, and decides what is dropped when too
// much waits: frames of video, and nothing else, in such a way that what is sent can always be decoded.
//
// Its user is the sender of a connection, which asks Accepts for each message of media, hands those that have to wait to Push,
// and takes them out in batches with Pop. A message that has been sent goes back with Release: its memory serves the next one,
// so that the steady state allocates nothing.
//
// A queue is a plain data structure. It has no lock, no clock and no network; its user sees to it that one goroutine at a time
// uses it.
package sendqueue
