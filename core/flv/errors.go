package flv

import "errors"

// Errors of this package. They come wrapped, with the numbers at fault in the text.
var (
	ErrNoStartCode      = errors.New("no start code (00 00 01 or 00 00 00 01) at the beginning of the access unit")
	ErrBadLength        = errors.New("bad NAL unit length")
	ErrBadConfig        = errors.New("bad AVC decoder configuration record")
	ErrBadParameterSet  = errors.New("bad H.264 parameter set")
	ErrBadAudioConfig   = errors.New("bad AudioSpecificConfig")
	ErrBadADTS          = errors.New("bad ADTS frame")
	ErrShortBody        = errors.New("message body too short")
	ErrUnsupportedCodec = errors.New("cannot be sent yet, only H.264 and AAC can")
)
