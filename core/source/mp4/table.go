package mp4

import (
	"encoding/binary"
	"fmt"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// sample is where a sample lies and when.
type sample struct {
	offset   int64
	size     uint32
	duration uint32
	dts      int64 // in ticks of the track's timescale
	pts      int64
	sync     bool
	entry    int // index of the sample entry, from 0
}

// sampleTable keeps the tables of a stbl as they are in the file: 4 to 12 bytes per entry, checked to be really there, never
// expanded. A cursor reads them. ISO/IEC 14496-12, 8.6 and 8.7.
type sampleTable struct {
	stts     []byte // count, delta
	ctts     []byte // count, offset
	stsc     []byte // first chunk, samples per chunk, entry
	chunks   []byte // offsets
	wide     bool   // of 8 bytes: co64
	sizes    []byte // of sizeBits each
	sizeBits int
	constant uint32 // size of all samples, if sizes is nil
	count    uint32
	stss     []byte // numbers of the sync samples, from 1
	allSync  bool   // there is no stss
	group    uint32 // how many samples are read as one at most; 0 is 1
}

func (t *sampleTable) parse(stbl box) error {
	t.allSync = true
	return stbl.each(func(b box) (err error) {
		switch b.typ {
		case "stts":
			t.stts, err = b.table(8, 8)
		case "ctts":
			t.ctts, err = b.table(8, 8)
		case "stsc":
			t.stsc, err = b.table(8, 12)
		case "stco":
			t.chunks, err = b.table(8, 4)
		case "co64":
			t.wide = true
			t.chunks, err = b.table(8, 8)
		case "stss":
			t.allSync = false
			t.stss, err = b.table(8, 4)
		case "stsz", "stz2":
			err = t.parseSizes(b)
		}
		return err
	})
}

func (t *sampleTable) parseSizes(b box) (err error) {
	if len(b.payload) < 12 {
		return b.short(12)
	}
	t.count = binary.BigEndian.Uint32(b.payload[8:])
	t.sizeBits = 32
	if b.typ == "stz2" {
		t.sizeBits = int(b.payload[7])
	} else if t.constant = binary.BigEndian.Uint32(b.payload[4:]); t.constant != 0 {
		return nil
	}
	switch t.sizeBits {
	case 8, 16, 32:
		t.sizes, err = b.table(12, t.sizeBits/8)
		t.count = uint32(len(t.sizes) / (t.sizeBits / 8)) // at most what it announced
		return err
	case 4:
		t.sizes = b.payload[12:]
		if uint64(len(t.sizes)) < (uint64(t.count)+1)/2 {
			b.warnf("box %s at offset %d announces %d entries in %d bytes", b.typ, b.offset, t.count, len(t.sizes))
			t.count = uint32(2 * len(t.sizes))
		}
		return nil
	}
	return fmt.Errorf("%w: box %s at offset %d has sizes of %d bits", media.ErrBadMedia, b.typ, b.offset, t.sizeBits)
}

func (t *sampleTable) size(i uint32) uint32 {
	switch {
	case t.sizes == nil:
		return t.constant
	case t.sizeBits == 8:
		return uint32(t.sizes[i])
	case t.sizeBits == 16:
		return uint32(binary.BigEndian.Uint16(t.sizes[2*i:]))
	case t.sizeBits == 4:
		return uint32(t.sizes[i/2]>>(4*(1-i%2))) & 0x0F
	}
	return binary.BigEndian.Uint32(t.sizes[4*uint64(i):])
}

// total returns the size of all samples.
func (t *sampleTable) total() (sum uint64) {
	if t.sizes == nil {
		return uint64(t.constant) * uint64(t.count)
	}
	for i := range t.count {
		sum += uint64(t.size(i))
	}
	return sum
}

// minOffset returns the smallest composition offset, if it is negative. Version 0 of ctts has unsigned offsets, but writers put negative ones
// there too, as readers expect. One that is below -limit is damaged, and says nothing of the others.
func (t *sampleTable) minOffset(limit int64) (least int64) {
	for e := t.ctts; len(e) > 0; e = e[8:] {
		if offset := int64(int32(binary.BigEndian.Uint32(e[4:]))); offset >= -limit {
			least = min(least, offset)
		}
	}
	return least
}

// setG711 has samples of G.711 read in groups, if each is a sample of the sound: in QuickTime one has as many bytes as there
// are channels, even where stsz says 1.
func (t *sampleTable) setG711(channels int) {
	if t.sizes != nil || len(t.stts) == 0 {
		return
	}
	for e := t.stts; len(e) > 0; e = e[8:] {
		if binary.BigEndian.Uint32(e[4:]) != 1 {
			return
		}
	}
	t.constant, t.group = uint32(channels), g711Group
}

// g711Group is 20 ms.
const g711Group = flv.G711Rate / 50

// frameTicks returns the duration of a sample if it is the same for all but the last, else 0.
func (t *sampleTable) frameTicks() uint32 {
	if len(t.stts) == 8 || len(t.stts) == 16 && binary.BigEndian.Uint32(t.stts[8:]) == 1 {
		return binary.BigEndian.Uint32(t.stts[4:])
	}
	return 0
}

// cursor walks through a sampleTable. It is a small value: a copy remembers a place.
type cursor struct {
	table *sampleTable
	next  uint32 // index of the next sample

	dts       int64
	stts      int // offset of the entry in use
	sttsLeft  uint32
	delta     uint32
	ctts      int
	cttsLeft  uint32
	offset    int64 // composition offset
	stss      int
	stsc      int
	perChunk  uint32
	chunk     int // index of the next chunk
	chunkLeft uint32
	entry     int
	position  int64 // of the next sample in the file
}

// read returns the next sample; ok is false after the last one.
func (c *cursor) read() (s sample, ok bool, err error) {
	t := c.table
	if c.next >= t.count {
		return s, false, nil
	}
	if c.chunkLeft == 0 {
		if err := c.nextChunk(); err != nil {
			return s, false, err
		}
	}
	for c.sttsLeft == 0 && c.stts < len(t.stts) { // after the last entry its delta goes on
		c.sttsLeft = binary.BigEndian.Uint32(t.stts[c.stts:])
		c.delta = binary.BigEndian.Uint32(t.stts[c.stts+4:])
		c.stts += 8
	}
	for c.cttsLeft == 0 && c.ctts < len(t.ctts) {
		c.cttsLeft = binary.BigEndian.Uint32(t.ctts[c.ctts:])
		c.offset = int64(int32(binary.BigEndian.Uint32(t.ctts[c.ctts+4:])))
		c.ctts += 8
	}
	if c.cttsLeft == 0 {
		c.offset = 0
	}
	n := uint32(1)
	if t.group > 0 {
		n = min(t.group, c.chunkLeft, t.count-c.next)
	}
	s = sample{
		offset: c.position, size: n * t.size(c.next), duration: n * c.delta,
		dts: c.dts, pts: c.dts + c.offset, sync: c.sync(), entry: c.entry,
	}
	c.position += int64(s.size)
	c.dts += int64(s.duration)
	c.next += n
	c.chunkLeft -= n
	c.sttsLeft -= min(c.sttsLeft, n)
	c.cttsLeft -= min(c.cttsLeft, n)
	return s, true, nil
}

// sync reports whether the next sample is in stss, whose numbers rise.
func (c *cursor) sync() bool {
	if c.table.allSync {
		return true
	}
	for c.stss < len(c.table.stss) {
		number := binary.BigEndian.Uint32(c.table.stss[c.stss:])
		if number > c.next+1 {
			return false
		}
		c.stss += 4
		if number == c.next+1 {
			return true
		}
	}
	return false
}

func (c *cursor) nextChunk() error {
	t := c.table
	width := 4
	if t.wide {
		width = 8
	}
	for c.stsc < len(t.stsc) && uint64(binary.BigEndian.Uint32(t.stsc[c.stsc:])) <= uint64(c.chunk)+1 {
		c.perChunk = binary.BigEndian.Uint32(t.stsc[c.stsc+4:])
		c.entry = int(binary.BigEndian.Uint32(t.stsc[c.stsc+8:])) - 1
		c.stsc += 12
	}
	if c.perChunk == 0 || c.chunk*width >= len(t.chunks) {
		return fmt.Errorf("%w: the chunks hold %d samples of %d (stsc, stco, stsz)", media.ErrBadMedia, c.next, t.count)
	}
	if at := t.chunks[c.chunk*width:]; t.wide {
		c.position = int64(binary.BigEndian.Uint64(at) & (1<<63 - 1)) // beyond the file in any case
	} else {
		c.position = int64(binary.BigEndian.Uint32(at))
	}
	c.chunkLeft = c.perChunk
	c.chunk++
	return nil
}
