package flv

import "github.com/bluenviron/mediacommon/v2/pkg/bits"

// bitReader reads until the first error, which stays.
type bitReader struct {
	buf []byte
	pos int
	err error
}

func (r *bitReader) ue() (v uint32) {
	if r.err == nil {
		v, r.err = bits.ReadGolombUnsigned(r.buf, &r.pos)
	}
	return v
}

func (r *bitReader) u(n uint32) uint32 {
	if r.err != nil {
		return 0
	}
	v, err := bits.ReadBits(r.buf, &r.pos, int(n))
	r.err = err
	return uint32(v)
}

// naluHead holds the first bytes of a NAL unit without its header byte and without emulation prevention (H.264, 7.4.1): enough
// for the fields that stand in front (a slice's take 16 bytes at most), without copying the whole unit.
type naluHead [24]byte

func (h *naluHead) fill(nalu []byte) []byte {
	n, zeros := 0, 0
	for _, b := range nalu[min(1, len(nalu)):] {
		if n == len(h) {
			break
		}
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		h[n] = b
		n++
	}
	return h[:n]
}

// bitCopy copies bits, and leaves some out.
type bitCopy struct {
	r bitReader
	w bitWriter
}

func (p *bitCopy) copy(n uint32) uint32 {
	v := p.r.u(n)
	if p.r.err == nil {
		p.w.put(v, int(n))
	}
	return v
}

// rest copies all that follows.
func (p *bitCopy) rest() {
	for p.r.err == nil && p.r.pos < 8*len(p.r.buf) {
		p.copy(1)
	}
}

// drop reads a flag and writes it as 0.
func (p *bitCopy) drop() uint32 {
	p.w.put(0, 1)
	return p.r.u(1)
}

// bitWriter appends bits, the most significant first.
type bitWriter struct {
	buf  []byte
	free int // bits in the last byte
}

func (w *bitWriter) put(v uint32, n int) {
	for ; n > 0; n-- {
		if w.free == 0 {
			w.buf = append(w.buf, 0)
			w.free = 8
		}
		w.free--
		w.buf[len(w.buf)-1] |= byte(v>>(n-1)&1) << w.free
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
