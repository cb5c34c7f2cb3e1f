package audioframes

import (
	"luatrtmp/core/flv"
)

// AAC frames with ADTS headers.
var ADTS = Framing{name: "ADTS", Codec: flv.AAC, sync: flv.IsADTS, Head: flv.ADTSHeaderSize, look: flv.ADTSHeaderSize, Parse: parseADTS}

func parseADTS(head []byte) (FrameHeader, error) {
	h, err := flv.ParseADTSHeader(head)
	f := FrameHeader{Header: h.HeaderSize, Size: h.FrameSize, Samples: flv.SamplesPerFrame, Config: h.Config}
	if h.Relabelled {
		f.lies = "profile AAC SSR; it is sent as AAC LC"
	}
	return f, err
}
