package audioframes

import (
	"luatrtmp/core/flv"
)

const (
	ac3BSIDAt   = 5 // bsid is in the top 5 bits of this byte in both formats
	minEAC3BSID = 11
)

var (
	AC3 = Framing{
		name: "AC-3", Codec: flv.AC3, sync: isAC3Sync, Head: flv.FrameHeaderSize, look: flv.FrameHeaderSize,
		Parse: func(head []byte) (FrameHeader, error) { return parseFrame(flv.AC3, head) },
	}
	EAC3 = Framing{
		name: "E-AC-3", Codec: flv.EAC3, sync: isAC3Sync, Head: flv.FrameHeaderSize, look: flv.FrameHeaderSize,
		Parse: func(head []byte) (FrameHeader, error) { return parseFrame(flv.EAC3, head) },
	}
)

// isAC3 reports whether a file begins with a frame of AC-3. ETSI TS 102 366, 4.3.
func isAC3(_ string, head []byte) bool {
	return len(head) >= flv.FrameHeaderSize && isAC3Sync(head) && head[ac3BSIDAt]>>3 < minEAC3BSID
}

// isEAC3 reports whether a file begins with a frame of E-AC-3. ETSI TS 102 366, E.1.2.
func isEAC3(_ string, head []byte) bool {
	return len(head) >= flv.FrameHeaderSize && isAC3Sync(head) && head[ac3BSIDAt]>>3 >= minEAC3BSID
}

// parseFrame reads the header of a frame of MP3, AC-3 or E-AC-3.
func parseFrame(codec flv.Codec, head []byte) (FrameHeader, error) {
	h, err := flv.ParseFrameHeader(codec, head)
	return FrameHeader{Size: h.Size, Samples: h.Samples, Rate: h.SampleRate, Follows: h.Follows}, err
}

func isAC3Sync(head []byte) bool { return len(head) >= 2 && head[0] == 0x0B && head[1] == 0x77 }
