package mpegts

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/asticode/go-astits"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

func readTS(t *testing.T, b []byte) (media.Reader, []mediatest.Unit) {
	s, err := Open(mediatest.Memory(b))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, s)
	require.NoError(t, err)
	return s, units
}

func TestTSTimesWrap(t *testing.T) {
	for _, name := range []string{"bframes.ts", "hevc.ts", "opus.ts"} {
		file := mediatest.File(t, name)
		_, want := readTS(t, file)
		s, units := readTS(t, mediatest.EachPES(file, func(_ int, h []byte) {
			mediatest.PutStamp(h[3:], mediatest.GetStamp(h[3:])+1<<33-150000)
			if h[1]>>6 == 3 {
				mediatest.PutStamp(h[8:], mediatest.GetStamp(h[8:])+1<<33-150000)
			}
		}))
		require.Equal(t, mediatest.Times(want), mediatest.Times(units), name)
		require.Equal(t, mediatest.Times(want[len(want)-1:]), mediatest.Times(units[len(units)-1:]))
		require.Positive(t, s.Info().Duration)
	}
}

// Some multiplexers leave the decode times out.
func TestTSWithoutDTS(t *testing.T) {
	for _, name := range []string{"bframes.ts", "hevc.ts"} {
		file := mediatest.File(t, name)
		_, want := readTS(t, file)
		_, units := readTS(t, mediatest.EachPES(file, func(_ int, h []byte) {
			if h[1]>>6 == 3 {
				h[1] = h[1]&0x3F | 0x80
				h[3] = h[3]&0x0F | 0x20
				copy(h[8:13], "\xFF\xFF\xFF\xFF\xFF")
			}
		}))
		a, b := mediatest.Of(want, flv.Video), mediatest.Of(units, flv.Video)
		require.Len(t, b, len(a))
		for i := range a {
			require.InDelta(t, a[i].PTS-a[0].PTS, b[i].PTS-b[0].PTS, 1, "%s %d", name, i)
			require.LessOrEqual(t, b[i].DTS, b[i].PTS, "%s %d", name, i)
			if i > 0 {
				require.LessOrEqual(t, b[i-1].DTS, b[i].DTS, "%s %d", name, i)
			}
		}
	}
}

func TestTSPackets(t *testing.T) {
	const h264, aac, mp2v, mpa = astits.StreamTypeH264Video, astits.StreamTypeAACAudio, astits.StreamTypeMPEG2Video, astits.StreamTypeMPEG1Audio
	key := bytes.Join([][]byte{mediatest.AUD, mediatest.SPS, mediatest.PPS, mediatest.IDR}, nil)
	f := mediatest.ADTSFrame
	for _, c := range []struct {
		name    string
		streams map[uint16]astits.StreamType
		pes     []*astits.MuxerData
		times   string
		skipped []string
	}{
		{
			"audio frames across packets", map[uint16]astits.StreamType{257: aac},
			[]*astits.MuxerData{mediatest.PES(257, 9000, f, f[:5]), mediatest.PES(257, 9000+2*1920, f[5:], f), mediatest.PES(257, 20000, f)},
			"0s/0s 21.333333ms/21.333333ms 42.666666ms/42.666666ms 122.222222ms/122.222222ms ", nil,
		},
		{
			"the begin of the first frame is lost", map[uint16]astits.StreamType{257: aac},
			[]*astits.MuxerData{mediatest.PES(257, 9000, f[4:], f, f)}, "0s/0s 21.333333ms/21.333333ms ", nil,
		},
		{
			"a packet without a time goes on", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, -1, mediatest.IDRRest), mediatest.PES(256, 12600, mediatest.AUD, mediatest.P)}, "0s/0s 40ms/40ms ", nil,
		},
		{
			"two pictures in a packet", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, 12600, mediatest.AUD, mediatest.P, mediatest.AUD, mediatest.P)}, "0s/0s 40ms/40ms 80ms/80ms ", nil,
		},
		{
			"frames without a time", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, -1, mediatest.AUD, mediatest.P), mediatest.PES(256, -1, mediatest.P), mediatest.PES(256, 9000+3*3600, mediatest.P), mediatest.PES(256, -1, mediatest.P)},
			"0s/0s 40ms/40ms 80ms/80ms 120ms/120ms 160ms/160ms ", nil,
		},
		{
			"frames without a time at 50 per second", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key, mediatest.AUD, mediatest.P), mediatest.PES(256, 12600, mediatest.P, mediatest.P), mediatest.PES(256, 16200, mediatest.P)},
			"0s/0s 20ms/20ms 40ms/40ms 60ms/60ms 80ms/80ms ", nil,
		},
		{
			"two pictures in a packet, without delimiters", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, 12600, mediatest.P, mediatest.SEI, mediatest.P)}, "0s/0s 40ms/40ms 80ms/80ms ", nil,
		},
		{
			"slices in packets", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, 9000, mediatest.IDRRest), mediatest.PES(256, 12600, mediatest.P)}, "0s/0s 40ms/40ms ", nil,
		},
		{
			"an end of sequence in front of the next picture", map[uint16]astits.StreamType{256: h264},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, 12600, mediatest.EndOfSequence, mediatest.AUD, mediatest.P)}, "0s/0s 40ms/40ms ", nil,
		},
		{
			"audio comes late", map[uint16]astits.StreamType{256: h264, 257: aac},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(256, 12600, mediatest.AUD, mediatest.P), mediatest.PES(257, 9000, f), mediatest.PES(257, 10920, f), mediatest.PES(256, 16200, mediatest.AUD, mediatest.P)},
			"0s/0s 0s/0s 21.333333ms/21.333333ms 40ms/40ms 80ms/80ms ", nil,
		},
		{
			"a silent track and one that cannot be sent", map[uint16]astits.StreamType{256: mp2v, 257: aac, 258: aac},
			[]*astits.MuxerData{mediatest.PES(257, 9000, f)}, "0s/0s ", []string{"PID 256: mpeg2 video", "PID 258 (audio): no aac in the first 940 bytes"},
		},
		{
			"the first one is silent", map[uint16]astits.StreamType{257: aac, 258: aac},
			[]*astits.MuxerData{mediatest.PES(258, 9000, f)}, "0s/0s ", []string{"PID 257 (audio): no aac in the first 940 bytes"},
		},
		{
			"layer 2 beside video", map[uint16]astits.StreamType{256: h264, 257: mpa},
			[]*astits.MuxerData{mediatest.PES(256, 9000, key), mediatest.PES(257, 9000, []byte{0xFF, 0xFD, 0x48, 0, 0, 0, 0, 0, 0})},
			"0s/0s ", []string{"PID 257 (audio): " + media.MP2},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, units := readTS(t, mediatest.Muxed(t, c.streams, c.pes...))
			require.Equal(t, c.times, mediatest.Times(units))
			require.Equal(t, c.skipped, s.Info().Skipped)
		})
	}
}

// Pieces of recordings and of streams begin and end anywhere.
func TestTSPieces(t *testing.T) {
	extend := func(file []byte, before, behind int) (out []byte) {
		for packet := range slices.Chunk(file, PacketSize) {
			out = slices.Concat(out, make([]byte, before), packet, make([]byte, behind))
		}
		return out
	}
	file := mediatest.File(t, "bframes.ts")
	// A packet that carries nothing is in front, so that a piece that begins inside it has all media.
	whole := append(append([]byte{Sync, 0x1F, 0xFF, 0x10}, bytes.Repeat([]byte{0xFF}, PacketSize-4)...), file...)
	_, want := readTS(t, file)
	last := len(whole) - PacketSize
	_, wantCut := readTS(t, whole[:last])
	for _, c := range []struct {
		name    string
		file    []byte
		want    []mediatest.Unit
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
			in := mediatest.Memory(c.file)
			var warnings []string
			in.Warn = func(text string) { warnings = append(warnings, text) }
			m, err := Open(in)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, m)
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
		m, err := annexb.Open(mediatest.Memory(mediatest.File(t, c.name)), c.codec, 0)
		require.NoError(t, err)
		var stream []byte
		var begins []int
		for u, err := m.Next(); err == nil; u, err = m.Next() {
			begins = append(begins, len(stream))
			for _, nalu := range u.NALUs {
				stream = append(stream, mediatest.NAL(nalu...)...)
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
				packets = append(packets, mediatest.PES(256, 9000+int64(i)*3600, stream[begin:end]))
				begin = end
			}
			return mediatest.Muxed(t, map[uint16]astits.StreamType{256: c.typ}, packets...)
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
	file := mediatest.File(t, "bframes.ts")
	_, want := readTS(t, file)
	at := 20 * PacketSize
	for _, c := range []struct {
		name string
		file []byte
		lost int // units at most
	}{
		{"garbage between packets", bytes.Join([][]byte{file[:at], bytes.Repeat([]byte{0x55}, 1000), file[at:]}, nil), 0},
		{"garbage with Sync bytes", bytes.Join([][]byte{file[:at], bytes.Repeat([]byte{0x47, 0}, 50), file[at:]}, nil), 3},
		{"a lost packet", append(bytes.Clone(file[:at]), file[at+PacketSize:]...), 20},
		{"a repeated packet", bytes.Join([][]byte{file[:at+PacketSize], file[at : at+PacketSize], file[at+PacketSize:]}, nil), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, units := readTS(t, c.file)
			require.GreaterOrEqual(t, len(units), len(want)-c.lost)
			require.LessOrEqual(t, len(units), len(want))
		})
	}
}

func TestTSErrors(t *testing.T) {
	file := mediatest.File(t, "bframes.ts")
	scrambled := bytes.Clone(file)
	for at := 0; at < len(scrambled); at += PacketSize {
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
		{"garbage", append(bytes.Clone(file), make([]byte, maxGarbage+1)...), true, media.ErrBadMedia, "no packet in 1048576 bytes at offset 17672"},
		{"encrypted", scrambled, false, media.ErrUnsupported, "encrypted media (PID 256 at offset 564)"},
		{"tables only", file[:3*PacketSize], false, media.ErrUnsupported, "PID 256 (video): no h264 in the first 564 bytes"},
		{"nothing", bytes.Repeat(append([]byte{Sync, 0x1F, 0xFF, 0x10}, make([]byte, 184)...), 4), false, media.ErrBadMedia, "no program in the first 752 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			units, err := mediatest.OpenAndRead(t, mediatest.Memory(c.file), Open)
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
	one := mediatest.Muxed(t, map[uint16]astits.StreamType{257: astits.StreamTypeAACAudio}, mediatest.PES(257, 9000, mediatest.ADTSFrame), mediatest.PES(257, 10920, mediatest.ADTSFrame))
	two := mediatest.Muxed(t, map[uint16]astits.StreamType{258: astits.StreamTypeAACAudio}, mediatest.PES(258, 12840, mediatest.ADTSFrame), mediatest.PES(258, 14760, mediatest.ADTSFrame))
	_, units := readTS(t, append(one, two...))
	require.Equal(t, "0s/0s 21.333333ms/21.333333ms 42.666666ms/42.666666ms 64ms/64ms ", mediatest.Times(units))

	f := &reader{Input: mediatest.Memory(one), stride: PacketSize}
	es := []byte{typeADTS, 0xE1, 0x01, 0xF0, 0} // PID 257
	f.takePMT(4096, pmtSection(1))
	f.takePMT(4096, pmtSection(2, es))
	f.takePMT(4096, pmtSection(3, es))
	require.Equal(t, []string{"program 3: the first one with media is sent"}, f.names)
	require.Equal(t, uint16(2), f.route.program)
}

func TestTSDuration(t *testing.T) {
	s, units := readTS(t, mediatest.File(t, "hevc.ts"))
	require.Equal(t, units[len(units)-1].DTS, s.Info().Duration)
	require.Equal(t, units[len(units)-1].DTS+40*time.Millisecond, s.(media.Reader).End())
}
