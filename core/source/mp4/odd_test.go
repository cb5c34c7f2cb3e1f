package mp4

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// Boxes as writers have them and the standard has not, or has and few readers know: all of the media is read.
func TestMP4OddBoxes(t *testing.T) {
	u32, box := mediatest.U32, mediatest.Box
	change := func(f func(b []byte)) func(m *movie) []byte {
		return func(m *movie) []byte {
			b := m.bytes()
			f(b)
			return b
		}
	}
	behind := func(typ string, at int, v ...byte) func(m *movie) []byte { // changes bytes behind the type of a box
		return change(func(b []byte) { copy(b[bytes.Index(b, []byte(typ))+4+at:], v) })
	}
	with := func(f func(m *movie)) func(m *movie) []byte {
		return func(m *movie) []byte { f(m); return m.bytes() }
	}
	for _, c := range []struct {
		name string
		file func(m *movie) []byte
	}{
		{"moov up to the end", change(func(b []byte) { copy(b[bytes.Index(b, []byte("moov"))-4:], u32(0)) })},
		{"padding behind the last box", with(func(m *movie) { m.mvex = u32(0) })},
		{"udta that ends with a zero, meta without a version", with(func(m *movie) {
			m.mvex = box("udta", box("meta", box("hdlr", u32(0, 0), []byte("mdta"), make([]byte, 12))), u32(0))
		})},
		{"a box with a size of 64 bits", with(func(m *movie) { m.mvex = append(u32(1), append([]byte("free"), u32(0, 20, 0)...)...) })},
		{"elst with bytes behind its entries", with(func(m *movie) { m.elst = u32(0, 1, 600, 0, 1<<16, 0) })},
		{"stts with bytes behind its entries", with(func(m *movie) { m.tables["stts"] = append(m.tables["stts"], 0, 0, 0, 0) })},
		{"a compressor's name that is longer than its field", behind("avc1", 42, 200)},
		{"mvhd of an unknown version", behind("mvhd", 0, 7)},
		{"tkhd of an unknown version", behind("tkhd", 0, 7)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Open(mediatest.Memory(c.file(newMovie())))
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Equal(t, "0s/0s 1s/1s 2s/2s ", mediatest.Times(units))
		})
	}
}

func TestMP4OddSoundDescriptions(t *testing.T) {
	u32, box := mediatest.U32, mediatest.Box
	aac := esds(0x40, 0x12, 0x10)
	lies := func(at int, size byte) []byte {
		b := bytes.Clone(aac)
		b[at] = size
		return b
	}
	v0 := u32(0, 1, 0, 0, 2<<16|16, 0, 44100<<16)
	v1 := u32(0, 1, 1<<16, 0, 2<<16|16, 0xFFFE<<16, 44100<<16, 1024, 0, 0, 2)
	long := box("esds", u32(0), []byte{3, 0x80, 0x80, 0x80, 34, 0, 0, 0, 4, 0x80, 0x80, 0x80, 20, 0x40, 0x15, 0, 0, 0}, make([]byte, 8),
		[]byte{5, 0x80, 0x80, 0x80, 2, 0x12, 0x10, 6, 0x80, 0x80, 0x80, 1, 2})
	v2 := soundV2("mp4a", 44100, 2)
	for _, c := range []struct {
		name  string
		entry []byte
	}{
		{"version 0", box("mp4a", v0, aac)},
		{"version 1, in wave with its end", box("mp4a", v1, box("wave", box("frma", []byte("mp4a")), box("mp4a", u32(0)), aac, u32(8, 0)))},
		{"version 2", box("mp4a", v2[8:], aac)},
		{"rubbish behind the boxes", box("mp4a", v0, aac, []byte{1, 2, 3})},
		{"zeros behind the boxes", box("mp4a", v0, aac, make([]byte, 12))},
		{"lengths of 4 bytes", box("mp4a", v0, long)},
		{"the length of the ES descriptor is too short", box("mp4a", v0, lies(13, 22))},
		{"the length of the ES descriptor is too long", box("mp4a", v0, lies(13, 100))},
		{"the length of the decoder's descriptor is too short", box("mp4a", v0, lies(18, 13))},
	} {
		t.Run(c.name, func(t *testing.T) {
			track := testTrack{handler: "soun", timescale: 44100, entries: c.entry, samples: [][]byte{{1}, {2}}}
			f, err := Open(mediatest.Memory(makeMovie(track)))
			require.NoError(t, err)
			require.Equal(t, &flv.AudioInfo{Codec: flv.AAC, SampleRate: 44100, Channels: 2}, f.Info().Audio)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Equal(t, "0s/0s 1s/1s ", mediatest.Times(units))
			require.Equal(t, []byte{0x12, 0x10}, units[0].Config)
		})
	}
}

// What is damaged in one place does not cost the rest, and is said once.
func TestMP4DamagedBoxes(t *testing.T) {
	u32 := mediatest.U32
	for _, c := range []struct {
		name    string
		change  func(m *movie)
		times   string
		warning string
	}{
		{"a box behind the tracks is too long", func(m *movie) { m.mvex = append(u32(1<<30), "udta"...) }, "0s/0s 1s/1s 2s/2s ", `box "udta" in moov at offset 566 has 1073741824 bytes, 8 are left`},
		{"a box behind the tracks is too short", func(m *movie) { m.mvex = append(u32(5), "udta"...) }, "0s/0s 1s/1s 2s/2s ", `box "udta" in moov at offset 566 has 5 bytes, 8 are left`},
		{"stts announces too much", func(m *movie) { m.tables["stts"] = u32(0, math.MaxUint32, 3, 1000) }, "0s/0s 1s/1s 2s/2s ", "box stts at offset 550 announces 4294967295 entries and has 1"},
		{"stsz announces too much", func(m *movie) { m.tables["stsz"] = u32(0, 0, math.MaxUint32, 3, 3) }, "0s/0s 1s/1s ", "box stsz at offset 502 announces 4294967295 entries and has 2"},
		{"a sample entry that is not there", func(m *movie) { m.tables["stsc"] = u32(0, 1, 1, 3, 9) }, "0s/0s 1s/1s 2s/2s ", "track 7: samples use sample entry 9 of 1"},
		{"an edit list that cannot be", func(m *movie) { m.elst = u32(1<<24, 1, 0, 0, math.MaxInt32, 0, 0) }, "0s/0s 1s/1s 2s/2s ", "track 7: its edit list is not followed: bad media file: box elst"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMovie()
			c.change(m)
			var warnings []string
			in := mediatest.Memory(m.bytes())
			in.Warn = func(text string) { warnings = append(warnings, text) }
			f, err := Open(in)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Equal(t, c.times, mediatest.Times(units))
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], c.warning)
		})
	}
}

// A sample entry that cannot be sent, behind one that can, does not cost the track.
func TestMP4SecondSampleEntry(t *testing.T) {
	good := h264Entry(mediatest.AVCRecord)
	for _, second := range [][]byte{mediatest.Box("apcn", make([]byte, visualEntry)), h264Entry([]byte{1, 2}), mediatest.Box("encv", make([]byte, visualEntry))} {
		frame := []byte{0, 0, 0, 1, 0x65}
		file := makeMovie(testTrack{handler: "vide", timescale: 1000, entries: append(bytes.Clone(good), second...), samples: [][]byte{frame, frame}})
		units, warnings, err := read(t, file)
		require.NoError(t, err)
		require.Len(t, units, 2)
		require.Len(t, warnings, 1)
		require.Contains(t, warnings[0], "track 1: sample entry 2 is left out")
	}
}

// A track whose tables end early does not end the others.
func TestMP4TablesOfOneTrackEndEarly(t *testing.T) {
	frame := []byte{0, 0, 0, 1, 0x65}
	video := testTrack{handler: "vide", timescale: 1000, entries: h264Entry(mediatest.AVCRecord), samples: [][]byte{frame, frame, frame}}
	aac := testTrack{handler: "soun", timescale: 48000, entries: soundEntry("mp4a", 48000, 2, esds(0x40, 0x11, 0x90)), samples: [][]byte{{1}, {2}, {3}, {4}}}
	file := makeMovie(video, aac)
	stsc := bytes.Index(file, []byte("stsc")) + 4
	copy(file[stsc+12:], mediatest.U32(1)) // samples in a chunk of the video
	f, err := Open(mediatest.Memory(file))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.ErrorIs(t, err, media.ErrBadMedia)
	require.ErrorContains(t, err, "track 1: bad media file: the chunks hold 1 samples of 3")
	require.Len(t, mediatest.Of(units, flv.Video), 1)
	require.Len(t, mediatest.Of(units, flv.Audio), 4)
}

// A size that is damaged costs its sample and those behind it in the chunk, as with FFmpeg.
func TestMP4DamagedSize(t *testing.T) {
	for _, c := range []struct {
		name string
		bit  byte
		text string
	}{
		{"beyond the end of the file", 0x01, "samples are left out: file is truncated"},
		{"larger than any file", 0x80, "samples are left out: file is truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := bytes.Clone(mediatest.File(t, "bframes.mp4"))
			good, _, err := read(t, file)
			require.NoError(t, err)
			file[places(file, "stsz")[0]+4+12+4*7] ^= c.bit // of the eighth sample of video
			units, warnings, err := read(t, file)
			require.NoError(t, err)
			require.Equal(t, len(mediatest.Of(good, flv.Audio)), len(mediatest.Of(units, flv.Audio)))
			require.Greater(t, len(mediatest.Of(units, flv.Video)), len(mediatest.Of(good, flv.Video))-4)
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], c.text)
		})
	}
}

// A run of samples of one size has no entries, and any number of samples.
func TestMP4LongRunOfConstantSize(t *testing.T) {
	const samples = 5000
	track := testTrack{handler: "soun", timescale: 8000, entries: soundEntry("alaw", 8000, 1)}
	file := makeMovie(track)
	mvex := mediatest.Box("mvex", mediatest.Box("trex", mediatest.U32(0, 1, 1, 160, 160, 0)))
	at := bytes.Index(file, []byte("moov")) - 4
	copy(file[at:], mediatest.U32(uint32(len(file)-at+len(mvex))))
	file = append(file, mvex...)
	moof := mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("tfhd", mediatest.U32(0x020000, 1)), mediatest.Box("trun", mediatest.U32(1, samples, 60))))
	f, err := Open(mediatest.Memory(append(append(file, moof...), mediatest.Box("mdat", make([]byte, 160*samples))...)))
	require.NoError(t, err)
	units, err := mediatest.ReadAll(t, f)
	require.NoError(t, err)
	require.Len(t, units, samples)
}
