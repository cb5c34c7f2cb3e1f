// Package core is the publisher: one RTMP connection at a time, from `connect` to the goodbye.
//
//	caller's thread      SendVideo, SendAudio ----.
//	feeder goroutine     source, paced -----------+--> muxer --> sender --> socket
//	session goroutine    dial, handshake, dialogue, goodbye ------^
//	receiving goroutine  acknowledgements, ping replies ----------^     <-- socket
//
// It composes the packages below it: a session brings connections up with core/client, hands media from
// core/mux to them, has core/feeder feed the stream, and tells its owner through core/notify.
//
// A context has one session goroutine from Connect to the end, and one receiving goroutine for each connection that is past
// its handshake. What the network does not take at once is written by a goroutine that ends with the backlog. While a server's
// request to reconnect is followed there is a goroutine that brings the new connection up, and one for each connection that
// is left, until it is closed. All else is timers. TestGoroutinesOfAContext counts them.
//
// A Publisher lives as long as the caller wants. A session is one attempt to connect and the publishing that follows. A
// connection is one TCP connection and everything that belongs to it, so that nothing of a connection outlives it; when a
// server asks to be left for another, a session has two for a while (handover.go). The muxer turns access units into
// messages and is shared by all connections of a Publisher: it knows the parameter sets, and forgets on each new
// connection what has been sent.
//
// Lock order: Publisher.mu, the muxer's, the sender's; none is held while a callback runs.
package core
