package media

import (
	"time"

	"luatrtmp/core/flv"
)

// AudioOnly is a medium without video, which has no key frames.
type AudioOnly struct{}

// Mark implements Reader.
func (AudioOnly) Mark() {}

// Back implements Reader.
func (AudioOnly) Back() error { return nil }

// Info describes a source.
type Info struct {
	Video    *flv.VideoInfo // nil: no video
	Audio    *flv.AudioInfo // nil: no audio
	Duration time.Duration  // of one round, for FLV up to the last timestamp; 0: unknown until the end is read
	Skipped  []string       // what else is in the file and will not be sent, in words for a log

	// The decoder configurations of the first units, see flv.AccessUnit; nil: unknown, or the codec has none.
	VideoConfig, AudioConfig []byte

	// Mean data rates in kbit/s, as the file says them itself or its index shows them; 0: unknown.
	VideoRate, AudioRate float64
}

// Reader is what the Source of a file is made of. Its methods are those of Source, but for mark and back.
type Reader interface {
	Info() Info
	Next() (*flv.AccessUnit, error)
	Close() error
	// mark notes the place of the unit that Next returned last, a key frame. back goes back to it, also after rewind: the units from there
	// on come again, and perhaps some that come before it, with the configurations of their tracks.
	Mark()
	Back() error
	// end returns, once Next has returned io.EOF, when the longest track ended: its last DTS and the duration of its last unit.
	End() time.Duration
	// rewind goes back to the first unit, also after an error.
	Rewind() error
}
