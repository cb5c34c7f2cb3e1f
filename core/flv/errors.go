package flv

import (
	"errors"
	"fmt"
)

// Errors of this package. They come wrapped, with the numbers at fault in the text.
var (
	ErrNoStartCode      = errors.New("no start code (00 00 01 or 00 00 00 01) at the beginning of the access unit")
	ErrBadLength        = errors.New("bad NAL unit length")
	ErrShortLength      = fmt.Errorf("%w: a part of a length", ErrBadLength)
	ErrBadNALUnit       = errors.New("bad NAL unit")
	ErrBadConfig        = errors.New("bad decoder configuration")
	ErrBadParameterSet  = errors.New("bad parameter set")
	ErrBadAudioConfig   = errors.New("bad AudioSpecificConfig")
	ErrBadADTS          = errors.New("bad ADTS frame")
	ErrBadFrame         = errors.New("bad frame")
	ErrShortBody        = errors.New("message body too short")
	ErrUnsupportedCodec = errors.New("cannot be sent")
	ErrUnknownCodec     = errors.New("cannot tell the codec from the data: pass it as `codec`")
)
