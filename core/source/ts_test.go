package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// eachPES calls f with the header of every PES packet in a file, from the begin of the optional header on.
func eachPES(b []byte, f func(pid int, header []byte)) []byte {
	b = bytes.Clone(b)
	for at := 0; at+tsPacketSize <= len(b); at += tsPacketSize {
		p := b[at : at+tsPacketSize]
		payload := 4
		if p[3]&0x20 != 0 {
			payload += 1 + int(p[4])
		}
		if p[1]&0x40 != 0 && payload+19 < tsPacketSize && bytes.HasPrefix(p[payload:], []byte{0, 0, 1}) {
			f(int(p[1]&0x1F)<<8|int(p[2]), p[payload+6:])
		}
	}
	return b
}

func getStamp(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}

func putStamp(b []byte, t int64) {
	t &= 1<<33 - 1
	b[0] = b[0]&0xF1 | byte(t>>29)&0x0E
	binary.BigEndian.PutUint16(b[1:], uint16(t>>14)|1)
	binary.BigEndian.PutUint16(b[3:], uint16(t<<1)|1)
}

func testFile(t testing.TB, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return b
}

func readTS(t *testing.T, b []byte) (medium, []unit) {
	s, err := openTS(memory(b), 0, tsPacketSize)
	require.NoError(t, err)
	units, err := readAll(t, s)
	require.NoError(t, err)
	return s, units
}

func TestTSTimesWrap(t *testing.T) {
	for _, name := range []string{"bframes.ts", "hevc.ts", "opus.ts"} {
		file := testFile(t, name)
		_, want := readTS(t, file)
		s, units := readTS(t, eachPES(file, func(_ int, h []byte) {
			putStamp(h[3:], getStamp(h[3:])+1<<33-150000)
			if h[1]>>6 == 3 {
				putStamp(h[8:], getStamp(h[8:])+1<<33-150000)
			}
		}))
		require.Equal(t, times(want), times(units), name)
		require.Equal(t, times(want[len(want)-1:]), times(units[len(units)-1:]))
		require.Positive(t, s.Info().Duration)
	}
}

// Some multiplexers leave the decode times out.
func TestTSWithoutDTS(t *testing.T) {
	for _, name := range []string{"bframes.ts", "hevc.ts"} {
		file := testFile(t, name)
		_, want := readTS(t, file)
		_, units := readTS(t, eachPES(file, func(_ int, h []byte) {
			if h[1]>>6 == 3 {
				h[1] = h[1]&0x3F | 0x80
				h[3] = h[3]&0x0F | 0x20
				copy(h[8:13], "\xFF\xFF\xFF\xFF\xFF")
			}
		}))
		a, b := of(want, flv.Video), of(units, flv.Video)
		require.Len(t, b, len(a))
		for i := range a {
			require.InDelta(t, a[i].pts-a[0].pts, b[i].pts-b[0].pts, 1, "%s %d", name, i)
			require.LessOrEqual(t, b[i].dts, b[i].pts, "%s %d", name, i)
			if i > 0 {
				require.LessOrEqual(t, b[i-1].dts, b[i].dts, "%s %d", name, i)
			}
		}
	}
}

// muxed writes PES packets with a library.
func muxed(t testing.TB, streams map[uint16]astits.StreamType, pes ...*astits.MuxerData) []byte {
	var b bytes.Buffer
	m := astits.NewMuxer(context.Background(), &b)
	for _, pid := range []uint16{256, 257, 258} {
		if typ, ok := streams[pid]; ok {
			require.NoError(t, m.AddElementaryStream(astits.PMTElementaryStream{ElementaryPID: pid, StreamType: typ}))
		}
	}
	if len(pes) > 0 {
		m.SetPCRPID(pes[0].PID)
	}
	_, err := m.WriteTables()
	require.NoError(t, err)
	for _, p := range pes {
		_, err := m.WriteData(p)
		require.NoError(t, err)
	}
	return b.Bytes()
}

// pes makes a packet; pts < 0: without a time.
func pes(pid uint16, pts int64, data ...[]byte) *astits.MuxerData {
	h := &astits.PESHeader{StreamID: 0xC0, OptionalHeader: &astits.PESOptionalHeader{MarkerBits: 2}}
	if pid == 256 {
		h.StreamID = 0xE0
	}
	if pts >= 0 {
		h.OptionalHeader.PTSDTSIndicator = astits.PTSDTSIndicatorOnlyPTS
		h.OptionalHeader.PTS = &astits.ClockReference{Base: pts}
	}
	return &astits.MuxerData{PID: pid, PES: &astits.PESData{Header: h, Data: bytes.Join(data, nil)}}
}

func TestTSPackets(t *testing.T) {
	const h264, aac, mp2v, mpa = astits.StreamTypeH264Video, astits.StreamTypeAACAudio, astits.StreamTypeMPEG2Video, astits.StreamTypeMPEG1Audio
	key := bytes.Join([][]byte{audNAL, sps, pps, idrPic}, nil)
	f := adtsFrame
	for _, c := range []struct {
		name    string
		streams map[uint16]astits.StreamType
		pes     []*astits.MuxerData
		times   string
		skipped []string
	}{
		{
			"audio frames across packets", map[uint16]astits.StreamType{257: aac},
			[]*astits.MuxerData{pes(257, 9000, f, f[:5]), pes(257, 9000+2*1920, f[5:], f), pes(257, 20000, f)},
			"0s/0s 21.333333ms/21.333333ms 42.666666ms/42.666666ms 122.222222ms/122.222222ms ", nil,
		},
		{
			"the begin of the first frame is lost", map[uint16]astits.StreamType{257: aac},
			[]*astits.MuxerData{pes(257, 9000, f[4:], f, f)}, "0s/0s 21.333333ms/21.333333ms ", nil,
		},
		{
			"a packet without a time goes on", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, -1, idrRest), pes(256, 12600, audNAL, pPic)}, "0s/0s 40ms/40ms ", nil,
		},
		{
			"two pictures in a packet", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, 12600, audNAL, pPic, audNAL, pPic)}, "0s/0s 40ms/40ms 80ms/80ms ", nil,
		},
		{
			"frames without a time", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, -1, audNAL, pPic), pes(256, -1, pPic), pes(256, 9000+3*3600, pPic), pes(256, -1, pPic)},
			"0s/0s 40ms/40ms 80ms/80ms 120ms/120ms 160ms/160ms ", nil,
		},
		{
			"frames without a time at 50 per second", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key, audNAL, pPic), pes(256, 12600, pPic, pPic), pes(256, 16200, pPic)},
			"0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", nil,
		},
		{
			"two pictures in a packet, without delimiters", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, 12600, pPic, seiNAL, pPic)}, "0s/0s 40ms/40ms 80ms/80ms ", nil,
		},
		{
			"slices in packets", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, 9000, idrRest), pes(256, 12600, pPic)}, "0s/0s 40ms/40ms ", nil,
		},
		{
			"an end of sequence in front of the next picture", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, 12600, endNAL, audNAL, pPic)}, "0s/0s 40ms/40ms ", nil,
		},
		{
			"audio comes late", map[uint16]astits.StreamType{256: h264, 257: aac},
			[]*astits.MuxerData{pes(256, 9000, key), pes(256, 12600, audNAL, pPic), pes(257, 9000, f), pes(257, 10920, f), pes(256, 16200, audNAL, pPic)},
			"0s/0s 0s/0s 21.333333ms/21.333333ms 40ms/40ms 80ms/80ms ", nil,
		},
		{
			"a silent track and one that cannot be sent", map[uint16]astits.StreamType{256: mp2v, 257: aac, 258: aac},
			[]*astits.MuxerData{pes(257, 9000, f)}, "0s/0s ", []string{"PID 256: mpeg2 video", "PID 258 (audio): no aac in the first 940 bytes"},
		},
		{
			"the first one is silent", map[uint16]astits.StreamType{257: aac, 258: aac},
			[]*astits.MuxerData{pes(258, 9000, f)}, "0s/0s ", []string{"PID 257 (audio): no aac in the first 940 bytes"},
		},
		{
			"layer 2 beside video", map[uint16]astits.StreamType{256: h264, 257: mpa},
			[]*astits.MuxerData{pes(256, 9000, key), pes(257, 9000, []byte{0xFF, 0xFD, 0x48, 0, 0, 0, 0, 0, 0})},
			"0s/0s ", []string{"PID 257 (audio): " + otherLayer},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, units := readTS(t, muxed(t, c.streams, c.pes...))
			require.Equal(t, c.times, times(units))
			require.Equal(t, c.skipped, s.Info().Skipped)
		})
	}
}

// Pieces of recordings and of streams begin and end anywhere.
func TestTSPieces(t *testing.T) {
	extend := func(file []byte, before, behind int) (out []byte) {
		for packet := range slices.Chunk(file, tsPacketSize) {
			out = slices.Concat(out, make([]byte, before), packet, make([]byte, behind))
		}
		return out
	}
	file := testFile(t, "bframes.ts")
	// A packet that carries nothing is in front, so that a piece that begins inside it has all media.
	whole := append(append([]byte{tsSync, 0x1F, 0xFF, 0x10}, bytes.Repeat([]byte{0xFF}, tsPacketSize-4)...), file...)
	_, want := readTS(t, file)
	last := len(whole) - tsPacketSize
	_, wantCut := readTS(t, whole[:last])
	for _, c := range []struct {
		name    string
		file    []byte
		want    []unit
		warning string
	}{
		{"1 byte is missing in front", whole[1:], want, "the file begins inside a packet, 187 bytes of which are left out"},
		{"100 bytes are missing in front", whole[100:], want, "the file begins inside a packet, 88 bytes of which are left out"},
		{"187 bytes are missing in front", whole[187:], want, "the file begins inside a packet, 1 bytes of which are left out"},
		{"M2TS", extend(whole, 4, 0)[50:], want, "the file begins inside a packet, 146 bytes of which are left out"},
		{"with error correction", extend(whole, 0, 16)[50:], want, "the file begins inside a packet, 154 bytes of which are left out"},
		{"a part of the last packet", whole[:last+100], wantCut, "the last packet is cut off: 100 bytes at offset 17672"},
		{"1 byte of the last packet", whole[:last+1], wantCut, "the last packet is cut off: 1 bytes at offset 17672"},
		{"zeros at the end", append(bytes.Clone(whole), make([]byte, 1000)...), want, "no packet in the last 1000 bytes, from offset 17860 on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := memory(c.file)
			var warnings []string
			in.warn = func(text string) { warnings = append(warnings, text) }
			m, err := openInput("a", in, 0)
			require.NoError(t, err)
			units, err := readAll(t, m)
			require.NoError(t, err)
			require.Equal(t, c.want, units)
			require.Equal(t, []string{c.warning}, warnings)
		})
	}
}

// PES packets need not begin where access units do: the times are those of the first one that begins
// in the packet. ISO/IEC 13818-1, 2.4.3.7.
func TestTSUnalignedPES(t *testing.T) {
	for _, c := range []struct {
		name  string
		codec flv.Codec
		typ   astits.StreamType
	}{
		{"slices.h264", flv.H264, astits.StreamTypeH264Video},
		{"bframes.h264", flv.H264, astits.StreamTypeH264Video},
		{"bframes.h265", flv.HEVC, astits.StreamTypeH265Video},
	} {
		split, err := newSplitter(memory(testFile(t, c.name)), c.codec, nil)
		require.NoError(t, err)
		var stream []byte
		var begins []int
		for p, err := split.next(); err == nil; p, err = split.next() {
			begins = append(begins, len(stream))
			for _, nalu := range p.nalus {
				stream = append(stream, nal(nalu...)...)
			}
		}
		// cut returns the stream in packets that begin some bytes before the access units.
		cut := func(before int) []byte {
			var packets []*astits.MuxerData
			begin := 0
			for i := range begins {
				end := len(stream)
				if i < len(begins)-1 {
					end = begins[i+1] - before
				}
				packets = append(packets, pes(256, 9000+int64(i)*3600, stream[begin:end]))
				begin = end
			}
			return muxed(t, map[uint16]astits.StreamType{256: c.typ}, packets...)
		}
		_, want := readTS(t, cut(0))
		require.Len(t, want, len(begins))
		for _, before := range []int{-3, -2, -1, 1, 2, 3, 4, 5, 12} {
			_, units := readTS(t, cut(before))
			require.Equal(t, want, units, "%s: %d bytes before", c.name, before)
		}
	}
}

func TestTSDamaged(t *testing.T) {
	file := testFile(t, "bframes.ts")
	_, want := readTS(t, file)
	at := 20 * tsPacketSize
	for _, c := range []struct {
		name string
		file []byte
		lost int // units at most
	}{
		{"garbage between packets", bytes.Join([][]byte{file[:at], bytes.Repeat([]byte{0x55}, 1000), file[at:]}, nil), 0},
		{"garbage with sync bytes", bytes.Join([][]byte{file[:at], bytes.Repeat([]byte{0x47, 0}, 50), file[at:]}, nil), 3},
		{"a lost packet", append(bytes.Clone(file[:at]), file[at+tsPacketSize:]...), 20},
		{"a repeated packet", bytes.Join([][]byte{file[:at+tsPacketSize], file[at : at+tsPacketSize], file[at+tsPacketSize:]}, nil), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, units := readTS(t, c.file)
			require.GreaterOrEqual(t, len(units), len(want)-c.lost)
			require.LessOrEqual(t, len(units), len(want))
		})
	}
}

func TestTSErrors(t *testing.T) {
	file := testFile(t, "bframes.ts")
	scrambled := bytes.Clone(file)
	for at := 0; at < len(scrambled); at += tsPacketSize {
		if scrambled[at+1]&0x1F == 1 { // the PIDs of the media
			scrambled[at+3] |= 0x80
		}
	}
	for _, c := range []struct {
		name string
		file []byte
		good bool // there are units before the error
		err  error
		text string
	}{
		{"garbage", append(bytes.Clone(file), make([]byte, tsMaxGarbage+1)...), true, ErrBadMedia, "no packet in 1048576 bytes at offset 17672"},
		{"encrypted", scrambled, false, ErrUnsupported, "encrypted media (PID 256 at offset 564)"},
		{"tables only", file[:3*tsPacketSize], false, ErrUnsupported, "PID 256 (video): no h264 in the first 564 bytes"},
		{"nothing", bytes.Repeat(append([]byte{tsSync, 0x1F, 0xFF, 0x10}, make([]byte, 184)...), 4), false, ErrBadMedia, "no program in the first 752 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var units []unit
			s, err := openTS(memory(c.file), 0, tsPacketSize)
			if err == nil {
				units, err = readAll(t, s)
			}
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Equal(t, c.good, len(units) > 0)
		})
	}
}

// pmtSection makes a section of the map of a program, without a checksum.
func pmtSection(program byte, streams ...[]byte) []byte {
	content := bytes.Join(append([][]byte{{0xE1, 0x01, 0xF0, 0}}, streams...), nil) // PCR PID, no descriptors
	b := append([]byte{2, 0xB0, byte(5 + len(content) + 4), 0, program, 0xC1, 0, 0}, content...)
	return append(b, 0, 0, 0, 0)
}

func TestTSFollowsPIDs(t *testing.T) {
	one := muxed(t, map[uint16]astits.StreamType{257: astits.StreamTypeAACAudio}, pes(257, 9000, adtsFrame), pes(257, 10920, adtsFrame))
	two := muxed(t, map[uint16]astits.StreamType{258: astits.StreamTypeAACAudio}, pes(258, 12840, adtsFrame), pes(258, 14760, adtsFrame))
	_, units := readTS(t, append(one, two...))
	require.Equal(t, "0s/0s 21.333333ms/21.333333ms 42.666666ms/42.666666ms 64ms/64ms ", times(units))

	f := &tsFile{input: memory(one), stride: tsPacketSize}
	es := []byte{tsADTS, 0xE1, 0x01, 0xF0, 0} // PID 257
	f.takePMT(4096, pmtSection(1))
	f.takePMT(4096, pmtSection(2, es))
	f.takePMT(4096, pmtSection(3, es))
	require.Equal(t, []string{"program 3: the first one with media is sent"}, f.names)
	require.Equal(t, uint16(2), f.program)
}

func TestTSDuration(t *testing.T) {
	s, units := readTS(t, testFile(t, "hevc.ts"))
	require.Equal(t, units[len(units)-1].dts, s.Info().Duration)
	require.Equal(t, units[len(units)-1].dts+40*time.Millisecond, s.(medium).end())
}
