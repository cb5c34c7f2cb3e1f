package mutations_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// maxGrowth bounds how much larger than what it was made of a damaged file becomes.
const maxGrowth = 4

// mutator damages copies of files of one format. The same random numbers make the same damage.
type mutator struct {
	*rand.Rand
	files    [][]byte
	elements func([]byte) []int // where the structures of a file begin
}

// file returns a damaged copy of one of the files.
func (m *mutator) file() []byte {
	whole := m.files[m.IntN(len(m.files))]
	b := bytes.Clone(whole)
	for range 1 + m.IntN(2)*m.IntN(4) {
		if len(b) == 0 {
			break
		}
		b = m.damage(b)
	}
	return b[:min(len(b), maxGrowth*len(whole))]
}

// damage changes one thing.
func (m *mutator) damage(b []byte) []byte {
	switch m.IntN(16) {
	case 0:
		b[m.IntN(len(b))] ^= 1 << m.IntN(8)
	case 1, 2, 3, 12, 13, 14, 15: // a field of a structure
		m.setField(b[m.place(b)%len(b):])
	case 4: // the end is missing
		return b[:m.place(b)]
	case 5: // the beginning is missing
		return b[m.place(b):]
	case 6: // a part is missing
		from, to := m.block(b)
		return append(b[:from], b[to:]...)
	case 7: // a part comes twice, or many times
		from, to := m.block(b)
		again := bytes.Repeat(b[from:to], 1+m.IntN(3))
		return insert(b, to, again)
	case 8: // a part comes elsewhere
		from, to := m.block(b)
		part := bytes.Clone(b[from:to])
		b = append(b[:from], b[to:]...)
		return insert(b, min(m.place(append(b, 0)), len(b)), part)
	case 9: // something else in between, or in place of a part
		other := make([]byte, 1+m.IntN(400))
		if fill := m.IntN(3); fill > 0 {
			for i := range other {
				other[i] = byte(m.Uint32()) | byte(fill-1)*0xFF
			}
		}
		if at := m.place(b); m.IntN(2) == 0 {
			copy(b[at:], other)
		} else {
			return insert(b, at, other)
		}
	case 10: // the beginning of one file and the end of another
		other := m.files[m.IntN(len(m.files))]
		return append(b[:m.place(b)], other[m.place(other):]...)
	case 11: // a part of another file in between
		other := m.files[m.IntN(len(m.files))]
		from, to := m.block(other)
		return insert(b, m.place(b), other[from:to])
	}
	return b
}

// setField writes a number of 1 to 8 bytes that readers may not expect.
func (m *mutator) setField(b []byte) {
	size := min(1<<m.IntN(4), len(b))
	if size == 0 {
		return
	}
	b = b[:size]
	switch m.IntN(8) {
	case 0:
		clear(b)
	case 1:
		copy(b, bytes.Repeat([]byte{0xFF}, size))
	case 2:
		clear(b)
		b[0] = 0x80
	case 3:
		copy(b, bytes.Repeat([]byte{0xFF}, size))
		b[0] = 0x7F
	case 4: // a little more or less
		b[size-1] += byte(m.IntN(17)) - 8
	case 5: // a small number
		clear(b)
		b[size-1] = byte(m.IntN(9))
	case 6:
		clear(b)
		b[0] = byte(m.IntN(9)) // the same in the other order of bytes
	default:
		var random [8]byte
		binary.BigEndian.PutUint64(random[:], m.Uint64())
		copy(b, random[:])
	}
}

// place returns an offset in b, mostly in or near the beginning of a structure. b must not be empty.
func (m *mutator) place(b []byte) int {
	if starts := m.elements(b); len(starts) > 0 && m.IntN(4) > 0 {
		at := starts[m.IntN(len(starts))]
		if m.IntN(3) > 0 {
			at += m.IntN(40)
		}
		return min(at, len(b)-1)
	}
	return m.IntN(len(b))
}

// block returns a part of b, mostly whole structures.
func (m *mutator) block(b []byte) (from, to int) {
	if starts := m.elements(b); len(starts) > 1 && m.IntN(3) > 0 {
		i := m.IntN(len(starts) - 1)
		j := i + 1 + min(m.IntN(len(starts)-i-1), m.IntN(8))
		return min(starts[i], starts[j]), max(starts[i], starts[j])
	}
	from = m.IntN(len(b))
	return from, from + m.IntN(len(b)-from+1)
}

func insert(b []byte, at int, part []byte) []byte {
	return append(append(append(make([]byte, 0, len(b)+len(part)), b[:at]...), part...), b[at:]...)
}

// atPattern finds the structures that begin with some bytes.
func atPattern(pattern string) func([]byte) []int {
	return func(b []byte) (starts []int) {
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(pattern))
			if i < 0 {
				return starts
			}
			starts = append(starts, at+i)
			at += i + len(pattern)
		}
	}
}

// packets finds those of a transport stream.
func packets(size int) func([]byte) []int {
	return func(b []byte) (starts []int) {
		for at := 0; at < len(b); at += size {
			starts = append(starts, at)
		}
		return starts
	}
}

func flvTags(b []byte) []int {
	starts := []int{0}
	for at := 13; at+11 < len(b); {
		starts = append(starts, at, at+11) // the tag and its body
		at += 15 + int(binary.BigEndian.Uint32(b[at:])&0xFFFFFF)
	}
	return starts
}

func ivfFrames(b []byte) []int {
	starts := []int{0}
	for at := 32; at+12 < len(b); {
		starts = append(starts, at)
		at += 12 + int(binary.LittleEndian.Uint32(b[at:])&0xFFFFFF)
	}
	return starts
}

func riffChunks(b []byte) []int {
	starts := []int{0}
	for at := 12; at+8 < len(b); {
		starts = append(starts, at)
		at += 8 + int(binary.LittleEndian.Uint32(b[at+4:])&0xFFFFFF)
	}
	return starts
}

// boxes finds those of MP4 and MOV at all depths.
func boxes(b []byte) []int { return boxesIn(nil, b, 0, 0) }

func boxesIn(starts []int, b []byte, base, depth int) []int {
	for at := 0; at+8 <= len(b); {
		size := int(binary.BigEndian.Uint32(b[at:]))
		if size < 8 || size > len(b)-at {
			size = len(b) - at
		}
		starts = append(starts, base+at)
		head := 0
		switch string(b[at+4 : at+8]) {
		case "moov", "trak", "mdia", "minf", "stbl", "moof", "traf", "mvex", "edts", "udta", "dinf":
			head = 8
		case "stsd":
			head = 16
		case "avc1", "hvc1", "hev1", "av01", "vp09":
			head = 86
		case "mp4a", "Opus", "fLaC", "ac-3", "ec-3":
			head = 36
		}
		if head > 0 && head < size && depth < 12 {
			starts = boxesIn(starts, b[at+head:at+size], base+at+head, depth+1)
		}
		at += size
	}
	return starts
}

// mendPages gives the pages of an Ogg file the checksums that they should have: damage behind them is found by nobody else. RFC 3533, 6.
func mendPages(b []byte) {
	starts := atPattern("OggS")(b)
	for _, at := range starts {
		page := b[at:]
		if len(page) < 27 || len(page) < 27+int(page[26]) {
			continue
		}
		size := 27 + int(page[26])
		for _, n := range page[27:size] {
			size += int(n)
		}
		if size > len(page) {
			continue
		}
		clear(page[22:26])
		sum := uint32(0)
		for _, x := range page[:size] {
			sum ^= uint32(x) << 24
			for range 8 {
				sum = sum<<1 ^ sum>>31*0x04C11DB7
			}
		}
		binary.LittleEndian.PutUint32(page[22:], sum)
	}
}

// masters are the elements of Matroska that have others in them. RFC 9559, 5.
var masters = map[uint32]bool{
	0x1A45DFA3: true, 0x18538067: true, 0x114D9B74: true, 0x4DBB: true, 0x1549A966: true, 0x1654AE6B: true, 0xAE: true, 0xE0: true, 0xE1: true,
	0x1F43B675: true, 0xA0: true, 0x1C53BB6B: true, 0xBB: true, 0xB7: true, 0x6D80: true, 0x6240: true,
}

// elements finds those of Matroska at all depths, and the data of those that have no others in them.
func elements(b []byte) (starts []int) {
	for at := 0; at < len(b); {
		starts = append(starts, at)
		id, idSize, ok := vint(b[at:], false)
		if !ok {
			return starts
		}
		size, sizeSize, ok := vint(b[at+idSize:], true)
		if !ok {
			return starts
		}
		at += idSize + sizeSize
		if !masters[uint32(id)] {
			starts = append(starts, min(at, len(b)-1))
			at += int(min(size, uint64(len(b))))
		}
	}
	return starts
}

// vint reads a number of variable size; its marker is part of an id, and not of a size. RFC 8794, 4.
func vint(b []byte, isSize bool) (v uint64, size int, ok bool) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0, false
	}
	size = bits.LeadingZeros8(b[0]) + 1
	if size > len(b) {
		return 0, 0, false
	}
	for i, x := range b[:size] {
		if i == 0 && isSize {
			x &^= 0x80 >> (size - 1)
		}
		v = v<<8 | uint64(x)
	}
	return v, size, true
}
