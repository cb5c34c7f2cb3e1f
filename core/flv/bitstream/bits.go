package bitstream

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
)

// Reader reads bits until the first error, which stays. What is read after it is 0.
type Reader struct {
	Buf []byte
	Pos int // in bits
	Err error
}

// UE reads an unsigned number in the Exp-Golomb code, ue(v). H.264, 9.1.
func (r *Reader) UE() (v uint32) {
	if r.Err == nil {
		v, r.Err = bits.ReadGolombUnsigned(r.Buf, &r.Pos)
	}
	return v
}

// U reads a number of n bits, up to 32.
func (r *Reader) U(n uint32) uint32 {
	if r.Err != nil {
		return 0
	}
	v, err := bits.ReadBits(r.Buf, &r.Pos, int(n))
	r.Err = err
	return uint32(v)
}

// NALUHead holds the first bytes of a NAL unit without its header byte and without emulation prevention (H.264, 7.4.1): enough
// for the fields that stand in front (a slice's take 16 bytes at most), without copying the whole unit.
type NALUHead [24]byte

// Fill takes the first bytes of a NAL unit, and returns those that there are.
func (h *NALUHead) Fill(nalu []byte) []byte {
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

// Copier copies bits, and leaves some out.
type Copier struct {
	R Reader
	W Writer
}

// Copy copies a number of n bits, up to 32, and returns it.
func (p *Copier) Copy(n uint32) uint32 {
	v := p.R.U(n)
	if p.R.Err == nil {
		p.W.Put(v, int(n))
	}
	return v
}

// Rest copies all that follows.
func (p *Copier) Rest() {
	for p.R.Err == nil && p.R.Pos < 8*len(p.R.Buf) {
		p.Copy(1)
	}
}

// drop reads a flag and writes it as 0.
func (p *Copier) drop() uint32 {
	p.W.Put(0, 1)
	return p.R.U(1)
}

// Writer appends bits, the most significant first.
type Writer struct {
	Buf  []byte
	free int // bits in the last byte
}

// Put appends the lowest n bits of v.
func (w *Writer) Put(v uint32, n int) {
	for ; n > 0; n-- {
		if w.free == 0 {
			w.Buf = append(w.Buf, 0)
			w.free = 8
		}
		w.free--
		w.Buf[len(w.Buf)-1] |= byte(v>>(n-1)&1) << w.free
	}
}

// RBSPReader reads bytes of a NAL unit without the bytes of emulation prevention. H.264, 7.4.1.
type RBSPReader struct {
	Buf   []byte
	pos   int
	zeros int
}

func (r *RBSPReader) next() (byte, bool) {
	if r.zeros >= 2 && r.pos < len(r.Buf) && r.Buf[r.pos] == 3 {
		r.pos++
		r.zeros = 0
	}
	if r.pos >= len(r.Buf) {
		return 0, false
	}
	b := r.Buf[r.pos]
	r.pos++
	if b == 0 {
		r.zeros++
	} else {
		r.zeros = 0
	}
	return b, true
}

// More reports whether there is more than rbsp_trailing_bits.
func (r *RBSPReader) More() bool { return len(r.Buf)-r.pos > 2 }

// Read fills dst, and reports whether there was enough.
func (r *RBSPReader) Read(dst []byte) bool {
	for i := range dst {
		b, ok := r.next()
		if !ok {
			return false
		}
		dst[i] = b
	}
	return true
}

// Skip leaves n bytes out, or all that are left.
func (r *RBSPReader) Skip(n int) {
	for range n {
		if _, ok := r.next(); !ok {
			return
		}
	}
}

// SEINumber reads a payload type or size: any number of ff bytes, and a last one. H.264, 7.3.2.3.1.
func (r *RBSPReader) SEINumber() (n int) {
	for {
		b, ok := r.next()
		n += int(b)
		if !ok || b != 0xFF {
			return n
		}
	}
}
