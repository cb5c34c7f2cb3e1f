// Package sendqueue has the messages of an RTMP connection that wait for the network, and decides
// what is dropped when too much waits: frames of video, and nothing else, in such a way that what is
// sent can always be decoded. The rules stand in policy.go.
//
// Its users are the sender of a connection and the place where media is parked between two
// connections. They ask Accepts for each message of media, hand those that have to wait to Push, and
// take them out in batches with Pop. A message that has been sent goes back with Release: its memory
// serves the next one, so that the steady state allocates nothing.
//
// A queue is a plain data structure without a lock, a clock or a goroutine. Its user sees to it that
// one goroutine at a time uses it. Only what an idle queue leaves to others is shared, in pools of the
// standard library.
package sendqueue
