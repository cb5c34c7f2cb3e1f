// Package source reads media files, and the built-in clip, as access units in decode order with exact times.
//
// It reads FLV (also in the forms of Enhanced RTMP), MP4 and MOV (also fragmented), Matroska and WebM, MPEG-TS, H.264 and HEVC in byte stream format,
// IVF with AV1, VP9 or VP8, Ogg with Opus or FLAC, WAV with G.711, and raw frames of AAC (ADTS), MP3, AC-3 and E-AC-3. Of several tracks the first one of video
// and the first one of audio that can be sent are; Info names the others. Each container is a package below this one; formats.go
// lists them. It starts no goroutine, reads no clock and paces nothing: who asks for
// the next unit gets it.
package source

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Info describes a source.
type Info = media.Info

// Source yields access units. It is not safe for concurrent use.
type Source interface {
	// Info describes the tracks. It does not change.
	Info() Info

	// Next returns the next access unit in decode order over all tracks, video before audio at the same time. The first DTS is 0, but where
	// damaged units before it are left out, and the first unit of each track carries its Config. The unit is valid until the next call. The
	// error is io.EOF at the end; any other comes after all good data before the fault. Errors stay, but for ErrAgain.
	Next() (*flv.AccessUnit, error)

	// Back goes back to the last key frame that Next has returned, which comes next. Before the first one, and without video, it does nothing.
	Back() error

	// Close closes the file. It may be called again.
	Close() error
}
