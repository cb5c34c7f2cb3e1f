// Package core is the publisher: one RTMP connection at a time, from `connect` to the goodbye.
//
//	caller's thread      SendVideo, SendAudio ----.
//	feeder goroutine     source, paced -----------+--> muxer --> writer --> writing goroutine --> socket
//	session goroutine    dial, handshake, dialogue, goodbye ------^
//	reading goroutine    acknowledgements, ping replies ----------^        <-- socket
//
// A Publisher lives as long as the caller wants. A session is one attempt to connect and the publishing that follows. A
// connection is one TCP connection and everything that belongs to it, so that nothing of a connection outlives it; when a
// server asks to be left for another, a session has two for a while (handover.go). The muxer turns access units into
// messages and is shared by all connections of a Publisher: it knows the parameter sets, and forgets on each new
// connection what has been sent.
//
// Lock order: Publisher.mu, muxer.mu, writer.mu; none is held while a callback runs.
package core
