package flv

import (
	"encoding/binary"
	"luatrtmp/core/flv/bitstream"
)

// SEI messages about the display, the same in H.264 (D.1) and HEVC (D.2).
const (
	seiRecoveryPoint    = 6 // H.264, D.1.8
	seiMasteringDisplay = 137
	seiContentLight     = 144

	masteringSize    = 24
	contentLightSize = 4
)

// takeSEI looks for HDR messages in an SEI NAL unit, whose header has headerSize bytes, and reports whether something changed. What is not
// understood is passed over: SEI is advice.
func (h *hdr) takeSEI(nalu []byte, headerSize int) (changed bool) {
	if len(nalu) < headerSize {
		return false
	}
	r := bitstream.RBSPReader{Buf: nalu[headerSize:]}
	for r.More() {
		typ, size := r.SEINumber(), r.SEINumber()
		var payload [masteringSize]byte
		switch {
		case typ == seiMasteringDisplay && size >= masteringSize && r.Read(payload[:]):
			size -= masteringSize
			changed = h.setMastering(parseMastering(payload[:])) || changed
		case typ == seiContentLight && size >= contentLightSize && r.Read(payload[:contentLightSize]):
			size -= contentLightSize
			maxCLL, maxFALL := binary.BigEndian.Uint16(payload[:]), binary.BigEndian.Uint16(payload[2:])
			changed = h.setLevels(float64(maxCLL), float64(maxFALL)) || changed
		}
		r.Skip(size)
	}
	return changed
}

// hasRecoveryPoint reports whether an SEI NAL unit of H.264 says that decoding can begin at the access unit, though it may be some
// frames until the pictures are right. H.264, D.2.8.
func hasRecoveryPoint(nalu []byte) bool {
	r := bitstream.RBSPReader{Buf: nalu[avcHeaderSize:]}
	for r.More() {
		typ, size := r.SEINumber(), r.SEINumber()
		if typ == seiRecoveryPoint {
			return true
		}
		r.Skip(size)
	}
	return false
}

// parseMastering reads mastering_display_colour_volume: H.265, D.2.28 and D.3.28. The primaries are those of green, blue and red in units
// of 0.00002, luminances in units of 0.0001 cd/m2.
func parseMastering(b []byte) MasteringDisplay {
	xy := func(i int) float64 { return float64(binary.BigEndian.Uint16(b[2*i:])) / 50000 }
	cd := func(at int) float64 { return float64(binary.BigEndian.Uint32(b[at:])) / 10000 }
	return MasteringDisplay{
		GreenX: xy(0), GreenY: xy(1), BlueX: xy(2), BlueY: xy(3), RedX: xy(4), RedY: xy(5), WhiteX: xy(6), WhiteY: xy(7),
		MaxLuminance: cd(16), MinLuminance: cd(20),
	}
}
