package mpegts

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

const pid = 0x101

// packet makes a packet whose payload is filled up by the adaptation field.
func packet(counter int, start bool, payload []byte) []byte {
	b := []byte{Sync, pid >> 8, pid & 0xFF, 0x10 | byte(counter&0x0F)}
	if start {
		b[1] |= 0x40
	}
	if n := PacketSize - len(b) - len(payload); n > 0 {
		b[3] |= 0x20
		field := bytes.Repeat([]byte{0xFF}, n)
		if field[0] = byte(n - 1); n > 1 {
			field[1] = 0
		}
		b = append(b, field...)
	}
	return append(b, payload...)
}

// cutPackets cuts a unit into packets.
func cutPackets(counter int, unit []byte) (list [][]byte) {
	for start := true; len(unit) > 0; start = false {
		n := min(len(unit), PacketSize-4)
		list = append(list, packet(counter+len(list), start, unit[:n]))
		unit = unit[n:]
	}
	return list
}

// section adds the header and the checksum to a content.
func section(table byte, extension uint16, content ...byte) []byte {
	b := []byte{table, 0xB0, byte(5 + len(content) + crcSize), 0, 0, 0xC1, 0, 0}
	binary.BigEndian.PutUint16(b[1:], 0xB000|uint16(5+len(content)+crcSize))
	binary.BigEndian.PutUint16(b[3:], extension)
	b = append(b, content...)
	return binary.BigEndian.AppendUint32(b, crc32(b))
}

func parse(t testing.TB, b []byte) *Packet {
	p, ok := ParsePacket(b)
	require.True(t, ok)
	return &p
}

func TestParsePacket(t *testing.T) {
	full := packet(5, true, bytes.Repeat([]byte{9}, 184))
	p := parse(t, full)
	require.Equal(t, Packet{PID: pid, Start: true, Counter: 5, Payload: full[4:]}, *p)

	flags := bytes.Clone(full)
	flags[1], flags[3] = 0x9F, 0xB0|7
	copy(flags[4:], []byte{1, 0x80})
	require.Equal(t, Packet{PID: 0x1F01, Damaged: true, Scrambled: true, Discontinuity: true, Counter: 7, Payload: flags[6:]}, *parse(t, flags))

	require.Nil(t, parse(t, append([]byte{Sync, 1, 1, 0x20, 183}, make([]byte, 183)...)).Payload)
	require.Empty(t, parse(t, append([]byte{Sync, 1, 1, 0x30, 183}, make([]byte, 183)...)).Payload)
	for _, bad := range [][]byte{
		nil, full[:187], append([]byte{0x46}, full[1:]...), // the sync byte
		append([]byte{Sync, 1, 1, 0x30, 184}, make([]byte, 183)...), // the length of the adaptation field
	} {
		_, ok := ParsePacket(bad)
		require.False(t, ok)
	}
}

func TestSections(t *testing.T) {
	a := section(tablePAT, 1, 0, 1, 0xE1, 0)
	b := section(tablePMT, 2, bytes.Repeat([]byte{3}, 300)...)
	broken := bytes.Clone(a)
	broken[9] ^= 1
	future := bytes.Clone(a)
	future[5] &^= 1 // current_next_indicator; ParsePAT refuses it
	binary.BigEndian.PutUint32(future[len(future)-crcSize:], crc32(future[:len(future)-crcSize]))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	zero := []byte{0}
	inTwo := cutPackets(1, join(zero, b))
	for _, c := range []struct {
		name    string
		packets [][]byte
		want    [][]byte
	}{
		{"one", cutPackets(0, join(zero, a)), [][]byte{a}},
		{"one with stuffing behind", cutPackets(0, join(zero, a, bytes.Repeat([]byte{tableStuffing}, 100))), [][]byte{a}},
		{"two in a packet", cutPackets(0, join(zero, a, a)), [][]byte{a, a}},
		{"one across packets", cutPackets(0, join(zero, b)), [][]byte{b}},
		{"behind bytes of one whose begin was lost", cutPackets(0, join([]byte{3, 1, 2, 3}, a)), [][]byte{a}},
		{
			"one that begins where another one ends",
			[][]byte{packet(0, true, join(zero, b[:100])), packet(1, false, b[100:200]), packet(2, true, join([]byte{byte(len(b) - 200)}, b[200:], a))},
			[][]byte{b, a},
		},
		{"a header across packets", [][]byte{packet(0, true, join(zero, a, b[:2])), packet(1, false, b[2:180]), packet(2, false, b[180:])}, [][]byte{a, b}},
		{"a wrong checksum", cutPackets(0, join(zero, broken, a)), [][]byte{a}},
		{"a lost packet", join2(inTwo[:1], cutPackets(4, join(zero, a))), [][]byte{a}},
		{"a lost packet in the middle", [][]byte{inTwo[0], packet(3, false, b[183:])}, nil},
		{"a repeated packet", [][]byte{inTwo[0], inTwo[0], inTwo[1], inTwo[1]}, [][]byte{b}},
		{"no begin", [][]byte{packet(0, false, a)}, nil},
		{"a pointer beyond the packet", [][]byte{packet(0, true, join([]byte{200}, a))}, nil},
		{"zeros behind", cutPackets(0, join(zero, a, make([]byte, 100))), [][]byte{a}},
		{"one that is not valid yet", cutPackets(0, join(zero, future, a)), [][]byte{future, a}},
		{"only a pointer", [][]byte{packet(0, true, zero), packet(1, false, a)}, [][]byte{a}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r SectionReader
			var got [][]byte
			for _, b := range c.packets {
				r.Add(parse(t, b), func(s []byte) { got = append(got, bytes.Clone(s)) })
			}
			require.Equal(t, c.want, got)
		})
	}
}

// join2 puts lists of packets behind each other.
func join2(a, b [][]byte) [][]byte { return append(append([][]byte{}, a...), b...) }

func TestTables(t *testing.T) {
	pat, ok := ParsePAT(section(tablePAT, 1, 0, 0, 0xE0, 0x10, 0, 1, 0xE1, 0, 0, 2, 0xFF, 0xFE))
	require.True(t, ok)
	require.Equal(t, &PAT{Programs: []Program{{1, 0x100}, {2, 0x1FFE}}, Whole: true}, pat)

	content := []byte{0xE1, 0, 0xF0, 2, 9, 0, 0x1B, 0xE1, 1, 0xF0, 0, 6, 0xE1, 2, 0xF0, 6, 5, 2, 'a', 'b', 0x6A, 0}
	pmt, ok := ParsePMT(section(tablePMT, 7, content...))
	require.True(t, ok)
	require.Equal(t, &PMT{Program: 7, Streams: []Stream{
		{Type: 0x1B, PID: 0x101}, {Type: 6, PID: 0x102, Descriptors: []Descriptor{{5, []byte("ab")}, {0x6A, []byte{}}}},
	}}, pmt)

	next := section(tablePAT, 1, 0, 1, 0xE1, 0)
	next[5] &^= 1
	for _, bad := range [][]byte{nil, next, section(tablePMT, 1), section(tablePAT, 1)[:11]} {
		_, ok := ParsePAT(bad)
		require.False(t, ok)
	}
	for _, bad := range [][]byte{
		section(tablePMT, 1), section(tablePAT, 1, content...), section(tablePMT, 1, 0xE1, 0, 0xF0, 1), // a length beyond the content
		section(tablePMT, 1, 0xE1, 0, 0xF0, 0, 0x1B, 0xE1, 1, 0xF0, 1),
	} {
		_, ok := ParsePMT(bad)
		require.False(t, ok)
	}
	list := descriptors([]byte{5, 1, 7, 6, 9, 1}) // the second one is longer than what is left
	require.Equal(t, []Descriptor{{5, []byte{7}}}, list)
}
