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

// ErrAgain is what Next returns after Back for each unit that lies in front of the key frame and was passed over: whoever reads
// may stop in between, and else calls Next again.
var ErrAgain = errors.New("not there yet: call again")
