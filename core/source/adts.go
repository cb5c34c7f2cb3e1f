package source

import (
	"luatrtmp/core/flv"
)

// AAC frames with ADTS headers.
var adtsFraming = framing{name: "ADTS", codec: flv.AAC, sync: flv.IsADTS, head: flv.ADTSHeaderSize, look: flv.ADTSHeaderSize, parse: parseADTS}

func parseADTS(head []byte) (frameHeader, error) {
	h, err := flv.ParseADTSHeader(head)
	f := frameHeader{header: h.HeaderSize, size: h.FrameSize, samples: flv.SamplesPerFrame, config: h.Config}
	if h.Relabelled {
		f.lies = "profile AAC SSR; it is sent as AAC LC"
	}
	return f, err
}
