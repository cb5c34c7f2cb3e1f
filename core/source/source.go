// Package source reads media files, and the built-in clip, as access units in decode order with exact times.
//
// It reads FLV (also in the forms of Enhanced RTMP), MP4 and MOV (also fragmented), MPEG-TS, H.264 and HEVC in byte stream format, IVF with AV1,
// VP9 or VP8, Ogg with Opus or FLAC, WAV with G.711, and raw frames of AAC (ADTS), MP3, AC-3 and E-AC-3. Of several tracks the first one of video
// and the first one of audio that can be sent are; Info names the others. It starts no goroutine, reads no clock and paces nothing: who asks for
// the next unit gets it.
package source

import (
	"fmt"
	"io"
	"slices"
	"time"

	"luatrtmp/core/flv"
)

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

// Source yields access units. It is not safe for concurrent use.
type Source interface {
	// Info describes the tracks. It does not change.
	Info() Info

	// Next returns the next access unit in decode order over all tracks, video before audio at the same time. The first DTS is 0, and the
	// first unit of each track carries its Config. The unit is valid until the next call. The error is io.EOF at the end; any other
	// comes after all good data before the fault. Errors stay.
	Next() (*flv.AccessUnit, error)

	// Back goes back to the last key frame that Next has returned, which comes next. Before the first one, and without video, it does nothing.
	Back() error

	// Close closes the file. It may be called again.
	Close() error
}

// medium is what the Source of a file is made of. Its methods are those of Source, but for mark and back.
type medium interface {
	Info() Info
	Next() (*flv.AccessUnit, error)
	Close() error
	// mark notes the place of the unit that Next returned last, a key frame. back goes back to it, also after rewind: the units from there
	// on come again, and perhaps some that come before it, with the configurations of their tracks.
	mark()
	back() error
	// end returns, once Next has returned io.EOF, when the longest track ended: its last DTS and the duration of its last unit.
	end() time.Duration
	// rewind goes back to the first unit, also after an error.
	rewind() error
}

// input is the bytes of a medium. All readers know the size beforehand and check every length against it.
type input struct {
	io.ReaderAt
	size  int64                 // the largest that is known: a file may grow
	stat  func() (int64, error) // asks for the size; nil if it does not change
	close func() error

	warn   func(text string) // Spec.Warn
	warned []string          // the texts of the warnings so far
}

// maxWarnings bounds the warnings about one file.
const maxWarnings = 16

// warnf warns of a fault that the reader gets over. A fault that comes again, as in each round of a loop, is not repeated.
func (in *input) warnf(format string, args ...any) {
	if in.warn == nil || len(in.warned) >= maxWarnings {
		return
	}
	text := fmt.Sprintf(format, args...)
	if slices.Contains(in.warned, text) {
		return
	}
	in.warned = append(in.warned, text)
	in.warn(text)
}

// Close closes the input once.
func (in *input) Close() error {
	if in.close == nil {
		return nil
	}
	f := in.close
	in.close = nil
	return f()
}

// section returns a reader of everything from offset on.
func (in *input) section(offset int64) *io.SectionReader {
	return io.NewSectionReader(in, offset, max(in.size-offset, 0))
}

// ReadAt reads as io.ReaderAt has it. Where a file has become shorter than it was, the error wraps ErrTruncated.
func (in *input) ReadAt(b []byte, offset int64) (int, error) {
	n, err := in.ReaderAt.ReadAt(b, offset)
	switch {
	case n == len(b):
		return n, nil
	case err == io.EOF && offset+int64(n) < in.size:
		return n, fmt.Errorf("%w: it has no more than %d bytes at offset %d, but it had %d in all", ErrTruncated, n, offset, in.size)
	}
	return n, err
}

// left returns how many bytes follow an offset. Near the end it asks the file, which may have grown.
func (in *input) left(offset int64) int64 {
	if in.stat != nil && in.size-offset < readSize {
		if size, err := in.stat(); err == nil {
			in.size = max(in.size, size)
		}
	}
	return max(in.size-offset, 0)
}

// defaultFrameDuration is used where a single picture leaves its duration open.
const defaultFrameDuration = 40 * time.Millisecond

// ticks converts a time in units of 1/scale s, rounding towards zero.
func ticks(n int64, scale uint32) time.Duration {
	s := int64(scale)
	return time.Duration(n/s)*time.Second + time.Duration(n%s*int64(time.Second)/s)
}
