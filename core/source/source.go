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
