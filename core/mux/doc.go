// Package mux turns access units of any number of tracks into RTMP messages on one clock.
//
// A publisher has one Muxer for as long as it lives: parameter sets that a camera sends once are
// kept over connections. Attach says where messages go, PrepareSwitch and SwitchNow how they go
// from one connection to the next without a frame lost or sent twice. Where messages go is an
// Output, which this package declares: the sender of a connection is one, and Parking, where media
// waits while there is no connection.
//
// # Limits
//
// A frame has at most MaxFrame bytes. There are 256 tracks of each kind. What comes without a
// frame, such as an access unit delimiter by itself, waits for the next frame within small bounds.
//
// # Goroutines and locks
//
// The package starts no goroutine and reads no clock but the one it is given. All methods of a
// Muxer may be called from any goroutine. Its lock is held while a frame is handed to the Output,
// so that messages leave in the order of their timestamps: that is for as long as the frame takes
// to be encrypted and given to the kernel, and never for as long as the network takes. A method
// that only asks waits that long too.
package mux
