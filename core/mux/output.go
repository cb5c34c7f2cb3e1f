package mux

import (
	"time"

	"luatrtmp/core/caps"
	"luatrtmp/core/chunk"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// ErrNotPublishing is returned for media that comes while there is no connection.
var ErrNotPublishing = rtmperr.New(rtmperr.ErrState, "not publishing")

// Output takes the messages of a muxer, in the order of the calls. The muxer calls it with its own
// lock held.
type Output interface {
	// Send sends or queues a message whose body is the pieces joined; they are not kept. It does
	// not wait for the network. track is the track of a frame, now is about now. That a frame has
	// to be dropped because too much waits is no error.
	Send(h chunk.Header, c sendqueue.Priority, track uint8, now time.Time, body [][]byte) error

	// Cut lets the next frames of a video track pass only from a key frame on, as behind frames
	// that were dropped.
	Cut(track uint8)

	// Waiting returns the media that waits for the network.
	Waiting() (media time.Duration, bytes int)

	// Fail ends the output, because what is sent does not go to that server.
	Fail(why error)

	// Adopt queues what waits in a queue, under another message stream ID, and empties that queue.
	Adopt(parked *sendqueue.Queue, streamID uint32)
}

// noOutput is the output of a muxer that has none.
type noOutput struct{}

func (noOutput) Send(chunk.Header, sendqueue.Priority, uint8, time.Time, [][]byte) error {
	return ErrNotPublishing
}
func (noOutput) Cut(uint8)                      {}
func (noOutput) Waiting() (time.Duration, int)  { return 0, 0 }
func (noOutput) Fail(error)                     {}
func (noOutput) Adopt(*sendqueue.Queue, uint32) {}

// Preferences are what the user wants of the media on a connection.
type Preferences struct {
	LegacyHEVC    bool // HEVC goes out as codec id 12
	SilentAudio   bool // video without audio gets a silent track
	AudioOptional bool // audio that the server does not take is left out
}

// Destination is a connection as the muxer sees it.
type Destination struct {
	Out      Output
	StreamID uint32 // message stream ID
	Server   caps.Capabilities
	Wants    Preferences
}
