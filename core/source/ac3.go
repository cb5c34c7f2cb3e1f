package source

import "luatrtmp/core/flv"

const (
	ac3BSIDAt   = 5 // bsid is in the top 5 bits of this byte in both formats
	minEAC3BSID = 11
)

var (
	ac3Framing = framing{
		name: "AC-3", codec: flv.AC3, sync: isAC3Sync, head: flv.FrameHeaderSize, look: flv.FrameHeaderSize,
		parse: func(head []byte) (frameHeader, error) { return parseFrame(flv.AC3, head) },
	}
	eac3Framing = framing{
		name: "E-AC-3", codec: flv.EAC3, sync: isAC3Sync, head: flv.FrameHeaderSize, look: flv.FrameHeaderSize,
		parse: func(head []byte) (frameHeader, error) { return parseFrame(flv.EAC3, head) },
	}
)

// isAC3 tells whether a file begins with a frame of AC-3 or E-AC-3, and which. ETSI TS 102 366, 4.3 and E.1.2.
func isAC3(head []byte) (framing, bool) {
	if len(head) < flv.FrameHeaderSize || !isAC3Sync(head) {
		return framing{}, false
	}
	if head[ac3BSIDAt]>>3 >= minEAC3BSID {
		return eac3Framing, true
	}
	return ac3Framing, true
}

// parseFrame reads the header of a frame of MP3, AC-3 or E-AC-3.
func parseFrame(codec flv.Codec, head []byte) (frameHeader, error) {
	h, err := flv.ParseFrameHeader(codec, head)
	return frameHeader{size: h.Size, samples: h.Samples, rate: h.SampleRate, follows: h.Follows}, err
}

func isAC3Sync(head []byte) bool { return len(head) >= 2 && head[0] == 0x0B && head[1] == 0x77 }
