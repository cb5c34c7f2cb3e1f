package source

import (
	"errors"

	"luatrtmp/core/source/media"
)

// Errors of this package. They come wrapped, with place and numbers in the text.
var (
	ErrBadSpec     = errors.New("bad source") // a Spec that cannot be
	ErrUnsupported = media.ErrUnsupported
	ErrBadMedia    = media.ErrBadMedia
	ErrTruncated   = media.ErrTruncated
)
