package mp4

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// testTrack is a track of a file that makeMovie makes.
type testTrack struct {
	handler   string
	timescale uint32
	entries   []byte
	samples   [][]byte // of 1 s each, unless stts says something else
	constant  bool     // the samples have the same size, which stands only once
	stts      []byte
}

// makeMovie makes a file of tracks, whose ids are 1, 2 and so on, each in one chunk.
func makeMovie(tracks ...testTrack) []byte {
	file := mediatest.Box("ftyp", []byte("qt  "), mediatest.U32(0))
	var traks [][]byte
	mdat := []byte{}
	for i, t := range tracks {
		at := uint32(len(file) + 8 + len(mdat))
		sizes := mediatest.U32(0, 0, uint32(len(t.samples)))
		if t.constant {
			sizes = mediatest.U32(0, uint32(len(t.samples[0])), uint32(len(t.samples)))
		}
		for _, s := range t.samples {
			mdat = append(mdat, s...)
			if !t.constant {
				sizes = append(sizes, mediatest.U32(uint32(len(s)))...)
			}
		}
		stts := t.stts
		if stts == nil {
			stts = mediatest.U32(0, 1, uint32(len(t.samples)), t.timescale)
		}
		traks = append(traks, mediatest.Box("trak",
			mediatest.Box("tkhd", mediatest.U32(0, 0, 0, uint32(i+1)), make([]byte, 68)),
			mediatest.Box("mdia",
				mediatest.Box("mdhd", mediatest.U32(0, 0, 0, t.timescale, 0, 0)),
				mediatest.Box("hdlr", mediatest.U32(0, 0), []byte(t.handler), make([]byte, 13)),
				mediatest.Box("minf", mediatest.Box("stbl",
					mediatest.Box("stsd", mediatest.U32(0, 1), t.entries),
					mediatest.Box("stts", stts),
					mediatest.Box("stsc", mediatest.U32(0, 1, 1, uint32(len(t.samples)), 1)),
					mediatest.Box("stsz", sizes),
					mediatest.Box("stco", mediatest.U32(0, 1, at)),
				)))))
	}
	mvhd := mediatest.Box("mvhd", mediatest.U32(0, 0, 0, 1000, 0), make([]byte, 80))
	return bytes.Join([][]byte{file, mediatest.Box("mdat", mdat), mediatest.Box("moov", append([][]byte{mvhd}, traks...)...)}, nil)
}

func soundEntry(typ string, rate, channels uint32, children ...[]byte) []byte {
	return mediatest.Box(typ, mediatest.U32(0, 1, 0, 0, channels<<16|16, 0, rate<<16), bytes.Join(children, nil))
}

func esds(objectType byte, config ...byte) []byte {
	info := []byte{}
	if config != nil {
		info = append([]byte{5, byte(len(config))}, config...)
	}
	return mediatest.Box("esds", mediatest.U32(0), []byte{3, byte(21 + len(info)), 0, 0, 0, 4, byte(13 + len(info)), objectType, 0x15, 0, 0, 0},
		make([]byte, 8), info, []byte{6, 1, 2})
}

func h264Entry(record []byte) []byte {
	return mediatest.Box("avc1", make([]byte, visualEntry), mediatest.Box("avcC", record))
}

// The first track of a kind that can be sent is, whatever is wrong with those before it, and each of those is named.
func TestMP4FirstTrackThatCanBeSent(t *testing.T) {
	frame := []byte{0, 0, 0, 1, 0x65}
	video := testTrack{handler: "vide", timescale: 1000, entries: h264Entry(mediatest.AVCRecord), samples: [][]byte{frame, frame, frame}}
	aac := testTrack{handler: "soun", timescale: 48000, entries: soundEntry("mp4a", 48000, 2, esds(0x40, 0x11, 0x90)), samples: [][]byte{{1}, {2}}}
	with := func(t testTrack, change func(t *testTrack)) testTrack { change(&t); return t }
	sound := func(entries []byte, samples ...[]byte) testTrack {
		return with(aac, func(t *testTrack) { t.entries, t.samples = entries, samples })
	}
	mp2 := []byte{0xFF, 0xFD, 0x84, 0xC0, 0, 0, 0, 0}
	for _, c := range []struct {
		name    string
		tracks  []testTrack
		video   int
		audio   int
		skipped []string
	}{
		{"nothing left out", []testTrack{video, aac}, 3, 2, nil},
		{"second ones", []testTrack{video, aac, video, aac}, 3, 2, []string{"track 3 (video): track 1 is sent", "track 4 (audio): track 2 is sent"}},
		{"MP2 in mp4a", []testTrack{video, sound(soundEntry("mp4a", 48000, 2, esds(0x6B)), mp2), aac}, 3, 2, []string{"track 2 (audio): " + media.MP2}},
		{"MP2 in .mp3", []testTrack{video, sound(soundEntry(".mp3", 48000, 2), mp2), aac}, 3, 2, []string{"track 2 (audio): " + media.MP2}},
		{"MP2 by its name", []testTrack{video, sound(soundEntry(".mp2", 48000, 2), mp2), aac}, 3, 2, []string{"track 2 (audio): " + media.MP2}},
		{"PCM", []testTrack{sound(soundEntry("sowt", 48000, 2), mp2), aac, video}, 3, 2, []string{"track 1 (audio): pcm (sowt)"}},
		{"G.711 of 16 kHz", []testTrack{video, sound(soundEntry("alaw", 16000, 1), mp2), aac}, 3, 2, []string{"track 2 (audio): alaw: cannot be sent: G.711 with 16000 Hz"}},
		{"encrypted", []testTrack{video, sound(soundEntry("enca", 48000, 2), mp2), aac}, 3, 2, []string{"track 2 (audio): encrypted media"}},
		{"AAC that is broken", []testTrack{video, sound(soundEntry("mp4a", 48000, 2, esds(0x40, 0)), mp2), aac}, 3, 2, []string{"track 2 (audio): mp4a: "}},
		{"without esds", []testTrack{video, sound(soundEntry("mp4a", 48000, 2), mp2), aac}, 3, 2, []string{"track 2 (audio): mp4a at offset"}},
		{"without samples", []testTrack{video, sound(aac.entries), aac}, 3, 2, []string{"track 2 (audio): it has no samples"}},
		{"timescale 0", []testTrack{video, with(aac, func(t *testTrack) { t.timescale = 0 }), aac}, 3, 2, []string{"track 2 (audio): track 2 has timescale 0"}},
		{"audio alone that cannot be sent", []testTrack{video, sound(soundEntry(".mp3", 48000, 2), mp2)}, 3, 0, []string{"track 2 (audio): " + media.MP2}},
		{"prores", []testTrack{with(video, func(t *testTrack) { t.entries = mediatest.Box("apcn", make([]byte, visualEntry)) }), video, aac}, 3, 2, []string{"track 1 (video): prores"}},
		{"H.264 with a broken configuration", []testTrack{with(video, func(t *testTrack) { t.entries = h264Entry([]byte{1, 2, 3}) }), aac, video}, 3, 2, []string{"track 1 (video): avcC in avc1"}},
		{"encrypted video", []testTrack{with(video, func(t *testTrack) { t.entries = mediatest.Box("encv", make([]byte, visualEntry)) }), aac, video}, 3, 2, []string{"track 1 (video): encrypted media"}},
		{"video without samples", []testTrack{with(video, func(t *testTrack) { t.samples = nil }), aac, video}, 3, 2, []string{"track 1 (video): it has no samples"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := Open(mediatest.Memory(makeMovie(c.tracks...)))
			require.NoError(t, err)
			require.Len(t, m.Info().Skipped, len(c.skipped), "%v", m.Info().Skipped)
			for i, text := range c.skipped {
				require.True(t, strings.HasPrefix(m.Info().Skipped[i], text), "%q", m.Info().Skipped[i])
			}
			units, err := mediatest.ReadAll(t, m)
			require.NoError(t, err)
			mediatest.RequireOrder(t, units)
			require.Len(t, mediatest.Of(units, flv.Video), c.video)
			require.Len(t, mediatest.Of(units, flv.Audio), c.audio)
		})
	}
}

// So many tracks of a kind are tried, and no more: each costs a search in its tables.
func TestMP4TracksThatAreTried(t *testing.T) {
	aac := testTrack{handler: "soun", timescale: 48000, entries: soundEntry("mp4a", 48000, 2, esds(0x40, 0x11, 0x90))}
	tracks := make([]testTrack, maxTried+2)
	for i := range tracks {
		tracks[i] = aac
	}
	tracks[maxTried].samples = [][]byte{{1}}
	_, err := Open(mediatest.Memory(makeMovie(tracks...)))
	require.ErrorIs(t, err, media.ErrUnsupported)
	require.ErrorContains(t, err, fmt.Sprintf("track %d (audio): the %d before it cannot be sent", maxTried+1, maxTried))
	tracks[maxTried-1].samples = [][]byte{{1}}
	m, err := Open(mediatest.Memory(makeMovie(tracks...)))
	require.NoError(t, err)
	require.Len(t, m.Info().Skipped, maxTried+1)
}

// In a fragmented file only the fragments say which tracks have samples.
func TestMP4EmptyTrackInFragments(t *testing.T) {
	aac := testTrack{handler: "soun", timescale: 48000, entries: soundEntry("mp4a", 48000, 2, esds(0x40, 0x11, 0x90))}
	b := makeMovie(aac, aac, aac)
	mvex := mediatest.Box("mvex", mediatest.Box("trex", mediatest.U32(0, 2, 1, 1024, 1, 0)))
	at := bytes.Index(b, []byte("moov")) - 4
	copy(b[at:], mediatest.U32(uint32(len(b)-at+len(mvex))))
	b = append(b, mvex...)
	moof := mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("tfhd", mediatest.U32(0x020000, 2)), mediatest.Box("trun", mediatest.U32(1, 3, 0))))
	m, err := Open(mediatest.Memory(append(b, bytes.Repeat(moof, 2)...)))
	require.NoError(t, err)
	require.Equal(t, []string{"track 1 (audio): it has no samples", "track 3 (audio): track 2 is sent"}, m.Info().Skipped)
	units, err := mediatest.ReadAll(t, m)
	require.NoError(t, err)
	require.Len(t, units, 6)
}
