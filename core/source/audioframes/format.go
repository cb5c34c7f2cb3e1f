package audioframes

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Formats are the formats of this package: files of audio frames.
var Formats = []media.Format{
	formatOf(ADTS, func(_ string, head []byte) bool { return flv.IsADTS(head) }),
	formatOf(MP3, func(_ string, head []byte) bool { return media.IsMPEGAudio(head) && !IsMP2File(head) }),
	formatOf(AC3, isAC3),
	formatOf(EAC3, isEAC3),
}

func formatOf(how Framing, recognise func(name string, head []byte) bool) media.Format {
	return media.Format{Name: how.name, Recognise: recognise, Open: func(in *media.Input) (media.Reader, error) { return Open(in, how) }}
}

// IsMP2File reports whether a file begins with a frame of MPEG audio of layer 2.
func IsMP2File(head []byte) bool { return media.FindMP2(head[:min(len(head), flv.FrameHeaderSize)]) }
