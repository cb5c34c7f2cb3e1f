package source

import (
	"luatrtmp/core/flv"
)

// AAC frames with ADTS headers.
var adtsFraming = framing{name: "ADTS", codec: flv.AAC, head: flv.ADTSHeaderSize, look: flv.ADTSHeaderSize, parse: parseADTS}

func parseADTS(head []byte) (frameHeader, error) {
	h, err := flv.ParseADTSHeader(head)
	return frameHeader{header: h.HeaderSize, size: h.FrameSize, samples: flv.SamplesPerFrame, config: h.Config}, err
}
