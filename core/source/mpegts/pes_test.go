package mpegts

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pesOf makes a PES packet; sized says whether it has its length. The time is 1<<32 + 1<<15 + 1.
func pesOf(sized bool, flags byte, data ...byte) []byte {
	b := []byte{0, 0, 1, 0xE0, 0, 0, 0x80, flags, 0}
	for range (flags>>6)&1 + flags>>7 {
		b[8] += stampSize
		b = append(b, 0x29, 0, 3, 0, 3)
	}
	b = append(b, data...)
	if sized {
		b[4], b[5] = byte((len(b)-pesStart)>>8), byte(len(b)-pesStart)
	}
	return b
}

func TestPES(t *testing.T) {
	const stamp = 1<<32 + 1<<15 + 1
	long := bytes.Repeat([]byte{7}, 500)
	sized, open := cutPackets(3, pesOf(true, 0x80, long...)), cutPackets(3, pesOf(false, 0xC0, long...))
	other := cutPackets(6, pesOf(false, 0, 1, 2))
	timed := &PES{HasPTS: true, PTS: stamp, Data: long}
	both := &PES{HasPTS: true, PTS: stamp, HasDTS: true, DTS: stamp, Data: long}
	untimed := &PES{Data: []byte{1, 2}}
	change := func(at int, value byte) [][]byte {
		b := pesOf(true, 0x80, 1, 2)
		b[at] = value
		return cutPackets(0, b)
	}
	jump := bytes.Clone(packet(9, true, pesOf(true, 0, 1, 2)))
	jump[5] |= 0x80 // discontinuity_indicator
	for _, c := range []struct {
		name    string
		packets [][]byte
		want    []*PES
	}{
		{"with a length", sized, []*PES{timed}},
		{"without one: up to the end", open, []*PES{both}},
		{"without one: up to the next", join2(open, other), []*PES{both, untimed}},
		{"a repeated packet", join2(join2(open[:2], open[1:]), other), []*PES{both, untimed}},
		{"a lost packet", join2(join2(open[:1], open[2:]), other), []*PES{untimed}},
		{"packets are lost, then there is one that begins", join2(open[:2], cutPackets(9, pesOf(false, 0, 1, 2))), []*PES{untimed}},
		{"recordings are joined: the last one is whole", join2(open, cutPackets(9, pesOf(false, 0, 1, 2))), []*PES{both, untimed}},
		{"it ends before its length", sized[:2], nil},
		{"bytes behind its length", join2(sized, [][]byte{packet(6, false, long[:50])}), []*PES{timed, {Data: long[:50]}}},
		{"no begin", open[1:], nil},
		{"the counter jumps, and says so", join2(open, [][]byte{jump}), []*PES{both, untimed}},
		{"a header across packets", [][]byte{packet(0, true, pesOf(true, 0, 1, 2)[:4]), packet(1, false, pesOf(true, 0, 1, 2)[4:])}, []*PES{untimed}},
		{"scrambled", change(6, 0x90), []*PES{{Scrambled: true, HasPTS: true, PTS: stamp, Data: []byte{1, 2}}}},
		{"padding", change(3, 0xBE), nil},
		{"no start code", change(2, 2), nil},
		{"no marker", change(6, 0x40), nil},
		{"a header beyond the packet", change(8, 8), nil},
		{"a header without space for a time", change(8, 4), []*PES{{Data: []byte{3, 1, 2}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := PESReader{Limit: 1 << 20}
			var got []*PES
			take := func(p *PES) { got = append(got, p) }
			for _, b := range c.packets {
				r.Add(parse(t, b), take)
			}
			r.Flush(take)
			require.Equal(t, c.want, got)
		})
	}
}

func TestPESDamaged(t *testing.T) {
	list := cutPackets(0, pesOf(false, 0, make([]byte, 600)...))
	list[1][1] |= 0x80 // transport_error_indicator
	r := PESReader{Limit: 1 << 20}
	for _, b := range list {
		r.Add(parse(t, b), func(*PES) {})
	}
	r.Flush(func(*PES) { require.Fail(t, "a packet with a hole") })
}

func TestPESLimit(t *testing.T) {
	r := PESReader{Limit: 1000}
	var got [][]byte
	var timed []bool
	take := func(p *PES) { got, timed = append(got, p.Data), append(timed, p.HasPTS) }
	data := make([]byte, 2500)
	for i := range data {
		data[i] = byte(i)
	}
	list := cutPackets(0, pesOf(false, 0x80, data...))
	list = append(list, cutPackets(len(list), pesOf(false, 0x80, 1))...)
	for _, b := range list {
		r.Add(parse(t, b), take)
		require.LessOrEqual(t, len(r.buf), 1000)
	}
	r.Flush(take)
	require.Equal(t, data, bytes.Join(got[:3], nil))
	require.Equal(t, []byte{1}, got[3])
	require.Equal(t, []bool{true, false, false, true}, timed)
}

// Where a part of a packet was delivered and more of it is lost, that is said.
func TestPESOfWhichAPartIsLost(t *testing.T) {
	r := PESReader{Limit: 1000}
	var got []string
	take := func(p *PES) {
		switch {
		case p.Cut:
			got = append(got, "cut")
		case p.HasPTS:
			got = append(got, "begin")
		default:
			got = append(got, "part")
		}
	}
	list := cutPackets(0, pesOf(false, 0x80, make([]byte, 2500)...))
	list = append(list, cutPackets(len(list), pesOf(false, 0x80, 1))...)
	for i, b := range list {
		if i != 7 {
			r.Add(parse(t, b), take)
		}
	}
	r.Flush(take)
	require.Equal(t, []string{"begin", "cut", "begin"}, got)
}

// FuzzMPEGTS takes packets of one PID as a table's and as a stream's.
func FuzzMPEGTS(f *testing.F) {
	f.Add(bytes.Join(cutPackets(0, append([]byte{0}, section(tablePAT, 1, 0, 1, 0xE1, 0)...)), nil))
	f.Add(bytes.Join(cutPackets(0, append([]byte{0}, section(tablePMT, 1, 0xE1, 0, 0xF0, 0, 0x1B, 0xE1, 1, 0xF0, 0)...)), nil))
	f.Add(bytes.Join(cutPackets(0, pesOf(false, 0xC0, make([]byte, 400)...)), nil))
	f.Add(bytes.Join(cutPackets(0, pesOf(true, 0x80, make([]byte, 400)...)), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var tables SectionReader
		stream := PESReader{Limit: 2000}
		size := 0
		take := func(p *PES) { size += len(p.Data) }
		for ; len(b) >= PacketSize; b = b[PacketSize:] {
			p, ok := ParsePacket(b[:PacketSize])
			if !ok {
				continue
			}
			size -= len(p.Payload)
			tables.Add(&p, func(section []byte) {
				require.LessOrEqual(t, len(section), maxSectionSize)
				ParsePAT(section)
				ParsePMT(section)
			})
			require.LessOrEqual(t, len(tables.buf), sectionHeader+0x0FFF)
			stream.Add(&p, take)
		}
		stream.Flush(take)
		require.LessOrEqual(t, size, 0) // nothing is made up
		ParsePAT(b)
		ParsePMT(b)
	})
}

// The time for a packet goes up with its size only. A reader that looks through all it has with every transport
// packet needs half a minute for this one.
func TestPESOfManyPackets(t *testing.T) {
	data := make([]byte, 8<<20)
	r := PESReader{Limit: 2 * len(data)}
	begun := time.Now()
	for _, b := range cutPackets(0, pesOf(false, 0x80, data...)) {
		r.Add(parse(t, b), func(*PES) { require.Fail(t, "it has no end") })
	}
	r.Flush(func(p *PES) { require.Len(t, p.Data, len(data)) })
	require.Less(t, time.Since(begun), 10*time.Second)
}
