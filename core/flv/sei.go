package flv

import "encoding/binary"

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
	r := rbspReader{buf: nalu[headerSize:]}
	for r.more() {
		typ, size := r.seiNumber(), r.seiNumber()
		var payload [masteringSize]byte
		switch {
		case typ == seiMasteringDisplay && size >= masteringSize && r.read(payload[:]):
			size -= masteringSize
			changed = h.setMastering(parseMastering(payload[:])) || changed
		case typ == seiContentLight && size >= contentLightSize && r.read(payload[:contentLightSize]):
			size -= contentLightSize
			maxCLL, maxFALL := binary.BigEndian.Uint16(payload[:]), binary.BigEndian.Uint16(payload[2:])
			changed = h.setLevels(float64(maxCLL), float64(maxFALL)) || changed
		}
		r.skip(size)
	}
	return changed
}

// hasRecoveryPoint reports whether an SEI NAL unit of H.264 says that decoding can begin at the access unit, though it may be some
// frames until the pictures are right. H.264, D.2.8.
func hasRecoveryPoint(nalu []byte) bool {
	r := rbspReader{buf: nalu[avcHeaderSize:]}
	for r.more() {
		typ, size := r.seiNumber(), r.seiNumber()
		if typ == seiRecoveryPoint {
			return true
		}
		r.skip(size)
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

// rbspReader reads bytes of a NAL unit without the bytes of emulation prevention. H.264, 7.4.1.
type rbspReader struct {
	buf   []byte
	pos   int
	zeros int
}

func (r *rbspReader) next() (byte, bool) {
	if r.zeros >= 2 && r.pos < len(r.buf) && r.buf[r.pos] == 3 {
		r.pos++
		r.zeros = 0
	}
	if r.pos >= len(r.buf) {
		return 0, false
	}
	b := r.buf[r.pos]
	r.pos++
	if b == 0 {
		r.zeros++
	} else {
		r.zeros = 0
	}
	return b, true
}

// more reports whether there is more than rbsp_trailing_bits.
func (r *rbspReader) more() bool { return len(r.buf)-r.pos > 2 }

func (r *rbspReader) read(dst []byte) bool {
	for i := range dst {
		b, ok := r.next()
		if !ok {
			return false
		}
		dst[i] = b
	}
	return true
}

func (r *rbspReader) skip(n int) {
	for range n {
		if _, ok := r.next(); !ok {
			return
		}
	}
}

// seiNumber reads a payload type or size: any number of ff bytes, and a last one. H.264, 7.3.2.3.1.
func (r *rbspReader) seiNumber() (n int) {
	for {
		b, ok := r.next()
		n += int(b)
		if !ok || b != 0xFF {
			return n
		}
	}
}
