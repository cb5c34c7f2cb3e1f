package flv

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
