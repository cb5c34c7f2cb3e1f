// Package feeder feeds a stream from a source in real time, and gives way to frames that are pushed: for good, or as long as a
// camera pushes that the source stands by for.
//
// Its user is package core, which gives it a Sink (the muxer), says when there is a stream, and is told when the source is at
// its end. It knows no connection: a source that has not come to its end goes on in the next stream at the place that it has
// reached, a file from the key frame before.
//
// While it feeds a Feeder has one goroutine; the next one begins when the one before is done with the source. Opening, reading
// and closing a file may hang for as long as its file system does. Nobody waits for that: a goroutine that hangs is left behind
// with the source (package hang). Feeder.mu is never held while a file or the sink is waited for.
package feeder
