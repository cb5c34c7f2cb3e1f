package mux

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/caps"
	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

func TestTracksOfEveryCodec(t *testing.T) {
	for _, c := range []struct {
		name       string
		key, other []byte
		record     []byte // as the sequence start has it; nil: not looked at
		info       Media
	}{
		{"hevc", coretest.HEVCKey, coretest.AnnexB(coretest.HEVCTrail), coretest.HEVCRecord, Media{Width: 320, Height: 180, VideoCodec: "hevc"}},
		{"av1", coretest.AV1Key, coretest.AV1Inter, nil, Media{Width: 64, Height: 64, VideoCodec: "av1"}},
		{"vp9", coretest.VP9Key, coretest.Unhex("860040929c00500000032000005470"), nil, Media{Width: 64, Height: 64, VideoCodec: "vp9"}},
		{"vp8", coretest.VP8Key, coretest.Unhex("d101000510ac00180018582ff400088e8000"), nil, Media{Width: 64, Height: 64, VideoCodec: "vp8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, w := attachedTo(func(*Destination) {})
			require.NoError(t, m.SendVideoFrame(c.other, 0, Frame{Codec: c.name}))
			requireWire(t, w)
			require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames, "nothing before the first key frame")
			require.NoError(t, m.SendVideoFrame(c.key, 1000, Frame{}))
			require.NoError(t, m.SendVideoFrame(c.other, 1040, Frame{}))
			require.NoError(t, m.SendVideoFrame(c.key, 1080, Frame{}))
			line := func(at int, packet string) string { return fmt.Sprintf("%d video 0 %s %s", at, c.name, packet) }
			want := []string{"0 metadata", line(0, "start"), line(0, "key"), line(40, "frame"), line(80, "key")}
			lines, all := onWire(t, w)
			if len(lines) == 6 { // the colours are told
				want = append(want[:2:2], append([]string{line(0, "metadata")}, want[2:]...)...)
			}
			require.Equal(t, want, lines, "the sequence start once, since nothing changed")
			if c.record != nil {
				require.Equal(t, append([]byte("\x90hvc1"), c.record...), all[1].Payload)
			}
			require.Equal(t, c.info, m.Describe())

			m.Detach()
			requireWire(t, w, line(80, "end"))
			w = m.reattach()
			m.outlet.Server = caps.Everything(caps.NotNeeded)
			require.NoError(t, m.SendVideoFrame(c.key, 1120, Frame{}))
			lines, _ = onWire(t, w)
			require.Contains(t, lines, line(0, "start"), "what is known is sent anew on a new connection")
		})
	}
}

func TestTracksAudio(t *testing.T) {
	for _, c := range []struct {
		name          string
		codec         string
		config, frame []byte
		start         bool // a sequence start is sent
		body          []byte
		id            float64
		rate          float64
	}{
		{"aac", "aac", coretest.ASCStereo, []byte{0x21, 1}, true, []byte{0xAF, 1, 0x21, 1}, 10, 44100},
		{"he-aac", "aac", coretest.Unhex("2b118800"), []byte{0x21, 1}, true, []byte{0xAF, 1, 0x21, 1}, 10, 48000},
		{"aac main", "aac", []byte{0x0A, 0x10}, []byte{0x21, 1}, true, []byte{0xAF, 1, 0x21, 1}, 10, 44100},
		{"ac-3", "ac3", nil, coretest.AC3Frame, true, append([]byte("\x91ac-3"), coretest.AC3Frame...), 1633889587, 48000},
		{"e-ac-3", "eac3", nil, coretest.EAC3Frame, true, append([]byte("\x91ec-3"), coretest.EAC3Frame...), 1700998451, 48000},
		{"mp3", "mp3", nil, coretest.MP3Frame, false, append([]byte{0x2E}, coretest.MP3Frame...), 2, 48000},
		{"opus", "opus", coretest.OpusHead, coretest.OpusFrame, true, append([]byte("\x91Opus"), coretest.OpusFrame...), 1332770163, 48000},
		{"opus without its head", "opus", nil, coretest.OpusFrame, true, append([]byte("\x91Opus"), coretest.OpusFrame...), 1332770163, 48000},
		{"flac", "flac", coretest.FLACHead, []byte{0xFF, 0xF8, 0xC9, 8, 0, 0}, true, []byte("\x91fLaC\xFF\xF8\xC9\x08\x00\x00"), 1716281667, 44100},
		{"a-law", "pcma", nil, []byte{0xD5}, false, []byte{0x72, 0xD5}, 7, 8000},
		{"mu-law", "pcmu", []byte{2}, []byte{0xFF, 0xFF}, false, []byte{0x83, 0xFF, 0xFF}, 8, 8000},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, w := attachedTo(func(*Destination) {})
			require.NoError(t, m.SendAudioFrame(c.frame, 500, Frame{Codec: c.codec, Config: c.config}))
			require.NoError(t, m.SendAudioFrame(c.frame, 520, Frame{}))
			lines, all := onWire(t, w)
			line := func(at int, packet string) string { return fmt.Sprintf("%d audio 0 %s %s", at, c.codec, packet) }
			want := []string{"0 metadata", line(0, "frame"), line(20, "frame")}
			if c.start {
				want = append(want[:1:1], append([]string{line(0, "start")}, want[1:]...)...)
			}
			require.Equal(t, want, lines)
			require.Equal(t, c.body, all[len(all)-1].Payload)
			fields := metadataOf(t, all[0])
			id, _ := fields.GetNumber("audiocodecid")
			require.Equal(t, c.id, id)
			rate, _ := fields.GetNumber("audiosamplerate")
			require.Equal(t, c.rate, rate)
			require.Equal(t, c.codec, m.Describe().AudioCodec)
		})
	}
}

func metadataOf(t *testing.T, e *sendqueue.Message) amf.ECMAArray {
	t.Helper()
	m, err := message.Unmarshal(message.Type(e.Header.Type), e.Payload)
	require.NoError(t, err)
	return m.(*message.Data).Values[2].(amf.ECMAArray)
}

func TestSeveralTracks(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 1000, Frame{}))
	require.NoError(t, m.SendVideoFrame(coretest.AnnexB(coretest.HEVCTrail), 1000, Frame{Codec: "hevc", Track: 2}))
	require.NoError(t, m.SendVideoFrame(coretest.HEVCKey, 1040, Frame{Track: 2, CompositionTime: 80}))
	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 1050, Frame{Config: coretest.ASCStereo}))
	require.NoError(t, m.SendAudioFrame(coretest.OpusFrame, 1060, Frame{Codec: "opus", Config: coretest.OpusHead, Track: 255}))
	require.NoError(t, m.SendVideoFrame(coretest.Picture, 1080, Frame{}))
	require.NoError(t, m.SendVideoFrame(coretest.AnnexB(coretest.HEVCTrail), 1080, Frame{Track: 2}))
	all := requireWire(t, w,
		"0 metadata", "0 video 0 h264 start", "0 video 0 h264 key",
		"40 metadata", "40 video 2 hevc start", "40 video 2 hevc key",
		"50 metadata", "50 audio 0 aac start", "50 audio 0 aac frame",
		"60 metadata", "60 audio 255 opus start", "60 audio 255 opus frame",
		"80 video 0 h264 frame", "80 video 2 hevc frame")
	require.EqualValues(t, 1, m.counters.Snapshot().DroppedFrames, "a track waits for a key frame of its own")
	require.Equal(t, append([]byte("\x96\x00hvc1\x02"), coretest.HEVCRecord...), all[4].Payload)
	require.Equal(t, append([]byte("\x96\x01hvc1\x02\x00\x00\x50\x00\x00\x00\x0e"), coretest.HEVCIDR...), all[5].Payload)
	require.Equal(t, append([]byte("\x95\x00Opus\xFF"), coretest.OpusHead...), all[10].Payload)
	require.Equal(t, append([]byte("\x95\x01Opus\xFF"), coretest.OpusFrame...), all[11].Payload)

	require.Equal(t, amf.ECMAArray{
		{Name: "width", Value: 640.0}, {Name: "height", Value: 360.0}, {Name: "framerate", Value: 25.0},
		{Name: "videocodecid", Value: 7.0}, {Name: "audiocodecid", Value: 10.0}, {Name: "audiosamplerate", Value: 44100.0},
		{Name: "audiochannels", Value: 2.0}, {Name: "stereo", Value: true}, {Name: "audiosamplesize", Value: 16.0},
		{Name: "videoTrackIdInfoMap", Value: amf.Object{{Name: "2", Value: amf.Object{
			{Name: "width", Value: 320.0}, {Name: "height", Value: 180.0}, {Name: "framerate", Value: 25.0}, {Name: "videocodecid", Value: 1752589105.0},
		}}}},
		{Name: "audioTrackIdInfoMap", Value: amf.Object{{Name: "255", Value: amf.Object{
			{Name: "channels", Value: 2.0}, {Name: "samplerate", Value: 48000.0}, {Name: "audiocodecid", Value: 1332770163.0},
		}}}},
		{Name: "encoder", Value: testEncoder},
	}, metadataOf(t, all[9]))

	m.Detach()
	requireWire(t, w, "80 video 2 hevc end", "60 audio 255 opus end") // old servers expect none of H.264 and AAC
}

// Tracks of which each has a clock of its own begin where the others are; those with the same clock
// keep their distance.
func TestSeveralTracksTimes(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 1000, Frame{}))
	require.NoError(t, m.SendVideoFrame(coretest.Picture, 1400, Frame{}))
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 900_000, Frame{Track: 1}))
	require.NoError(t, m.SendVideoFrame(coretest.Picture, 900_040, Frame{Track: 1}))
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 1380, Frame{Track: 2}))
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 900_100, Frame{Track: 3}))
	lines, _ := onWire(t, w)
	require.Equal(t, []string{"400 video 1 h264 key", "440 video 1 h264 frame", "380 video 2 h264 key", "500 video 3 h264 key"},
		[]string{lines[6], lines[7], lines[10], lines[13]})
}

func TestAnotherCodecOnATrack(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 1000, Frame{Codec: "h264"}))
	for _, wrong := range []struct{ codec, text string }{
		{"hevc", "a frame of hevc where the frames before were h264"}, {"av1", "av1"}, {"vp9", "vp9"},
		{"vp8", "vp8"}, {"h265", `"h265" is unknown; video codecs are h264, hevc`}, {"aac", `"aac" is audio`},
	} {
		err := m.SendVideoFrame(coretest.Picture, 1040, Frame{Codec: wrong.codec})
		require.ErrorIs(t, err, rtmperr.ErrInvalid, wrong.codec)
		require.ErrorContains(t, err, wrong.text)
	}
	require.NoError(t, m.SendVideoFrame(coretest.Picture, 1040, Frame{}), "a mistake costs nothing")
	require.NoError(t, m.SendVideoFrame(coretest.HEVCKey, 1080, Frame{Codec: "hevc"}))
	require.NoError(t, m.SendVideoFrame(coretest.AnnexB(coretest.HEVCTrail), 1120, Frame{}))
	requireWire(t, w, "0 metadata", "0 video 0 h264 start", "0 video 0 h264 key", "40 video 0 h264 frame",
		"80 metadata", "80 video 0 hevc start", "80 video 0 hevc key", "120 video 0 hevc frame")

	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 1120, Frame{Config: coretest.ASCStereo}))
	require.Error(t, m.SendAudioFrame([]byte{0x21}, 1140, Frame{Codec: "mp3"}))
	require.ErrorContains(t, m.SendAudioFrame([]byte{0x21}, 1140, Frame{Codec: "h264"}), `"h264" is video; audio codecs are aac, mp3, opus`)
	require.NoError(t, m.SendAudioFrame([]byte{0x21}, 1140, Frame{}))
	require.NoError(t, m.SendAudioFrame(coretest.OpusFrame, 1160, Frame{Codec: "opus"}))
	requireWire(t, w, "120 metadata", "120 audio 0 aac start", "120 audio 0 aac frame", "140 audio 0 aac frame",
		"160 metadata", "160 audio 0 opus start", "160 audio 0 opus frame")
}

func TestTrackErrors(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	for _, c := range []struct {
		err  error
		text string
	}{
		{m.SendVideoFrame(coretest.KeyFrame, 0, Frame{Track: -1}), "track -1, expected 0 to 255"},
		{m.SendVideoFrame(coretest.KeyFrame, 0, Frame{Track: 256}), "track 256"},
		{m.SendAudioFrame(coretest.ADTS, 0, Frame{Track: 256}), "track 256"},
		{m.SendAudioFrame([]byte{0xD5}, 0, Frame{Codec: "pcma", Track: 1}), "no FourCC"},
		{m.SendVideoFrame(coretest.AV1Key, 0, Frame{CompositionTime: 40}), "av1 has none"},
		{m.SendVideoFrame([]byte("GIF89a"), 0, Frame{}), "cannot tell the codec"},
		{m.SendVideoFrame(coretest.KeyFrame, 0, Frame{Config: []byte{1}}), "video configuration"},
		{m.SendVideoFrame(coretest.AnnexB(coretest.HEVCIDR), 0, Frame{Codec: "hevc"}), "VPS, SPS and PPS"},
		{m.SendAudioFrame([]byte{0xFF, 0xF8, 0xC9, 8, 0, 0}, 0, Frame{Codec: "flac"}), "STREAMINFO"},
		{m.SendAudioBody([]byte("\x90fLaC"), 0), "STREAMINFO"},
		{m.SendAudioBody([]byte("\x90Opus"), 0), "OpusHead"},
	} {
		require.ErrorIs(t, c.err, rtmperr.ErrInvalid)
		require.ErrorContains(t, c.err, c.text)
	}
	requireWire(t, w)
}

// An FLV audio tag body of any codec, also with a FourCC and of another track.
func TestSendAudioBodyOfAnyCodec(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	require.NoError(t, m.SendAudioBody([]byte{0x72, 0xD5}, 0))
	require.NoError(t, m.SendAudioBody([]byte{0x83, 0xFF, 0xFF}, 20))
	require.NoError(t, m.SendAudioBody(append([]byte{0x2E}, coretest.MP3Frame...), 40))
	require.NoError(t, m.SendAudioBody(append([]byte("\x90Opus"), coretest.OpusHead...), 60))
	require.NoError(t, m.SendAudioBody(append([]byte("\x91Opus"), coretest.OpusFrame...), 60))
	require.NoError(t, m.SendAudioBody([]byte("\x95\x00mp4a\x03\x12\x10"), 80))
	require.NoError(t, m.SendAudioBody([]byte("\x95\x01mp4a\x03\x21"), 80))
	requireWire(t, w, "0 metadata", "0 audio 0 pcma frame", "20 metadata", "20 audio 0 pcmu frame", "40 metadata", "40 audio 0 mp3 frame",
		"60 metadata", "60 audio 0 opus start", "60 audio 0 opus frame", "80 metadata", "80 audio 3 aac start", "80 audio 3 aac frame")
}

func TestNALUsOfHEVC(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	require.NoError(t, m.SendNALUs([][]byte{coretest.VPS, coretest.SPSHEVC, coretest.PPSHEVC, coretest.HEVCIDR}, 0))
	require.NoError(t, m.SendNALUs([][]byte{coretest.AnnexB(coretest.HEVCTrail)}, 40))
	requireWire(t, w, "0 metadata", "0 video 0 hevc start", "0 video 0 hevc key", "40 video 0 hevc frame")
	m.Restart()
	require.NoError(t, m.SendVideoFrame(coretest.AV1Key, 80, Frame{}))
	require.ErrorContains(t, m.SendNALUs([][]byte{coretest.HEVCIDR}, 120), "NAL units on a track of av1")
}

func TestColorInfo(t *testing.T) {
	hdr := coretest.Unhex("0102200000009000000000003cf000fcfdfafa00000f04a00001001840010c01ffff02200000030090000003000003003cba0240" +
		"a10001002e42010102200000030090000003000003003ca00a080c1f3b65ba4a4c2f016a12201208000003000800000300c840a2000100064401c073c189" +
		"27000200094e01900403e8019080001e4e01891833c286c41d4c0bb884d03e803d13404200989680000003003280")
	m, w := attachedTo(func(*Destination) {})
	require.NoError(t, m.SendVideoFrame(coretest.AnnexB(coretest.HEVCIDR), 0, Frame{Codec: "hevc", Config: hdr}))
	require.NoError(t, m.SendVideoFrame(coretest.AnnexB(coretest.HEVCIDR), 40, Frame{}))
	all := requireWire(t, w, "0 metadata", "0 video 0 hevc start", "0 video 0 hevc metadata", "0 video 0 hevc key", "40 video 0 hevc key")
	require.True(t, bytes.HasPrefix(all[2].Payload, []byte("\xD4hvc1\x02\x00\x09colorInfo\x03\x00\x0bcolorConfig\x03")))
	values, err := amf.Unmarshal(all[2].Payload[5:])
	require.NoError(t, err)
	require.Equal(t, "colorInfo", values[0])
	groups := values[1].(amf.Object)
	require.Equal(t, []string{"colorConfig", "hdrCll", "hdrMdcv"}, []string{groups[0].Name, groups[1].Name, groups[2].Name})
	transfer, _ := groups[0].Value.(amf.Object).GetNumber("transferCharacteristics")
	require.Equal(t, 16.0, transfer)
	level, _ := groups[1].Value.(amf.Object).GetNumber("maxCLL")
	require.Equal(t, 1000.0, level)

	m, w = attachedTo(func(d *Destination) { d.Wants.LegacyHEVC = true })
	require.NoError(t, m.SendVideoFrame(coretest.AnnexB(coretest.HEVCIDR), 0, Frame{Codec: "hevc", Config: hdr}))
	all = requireWire(t, w, "0 metadata", "0 video 0 hevc start", "0 video 0 hevc key")
	require.Equal(t, append([]byte{0x1C, 1, 0, 0, 0, 0, 0, 0, 14}, coretest.HEVCIDR...), all[2].Payload)
	id, _ := metadataOf(t, all[0]).GetNumber("videocodecid")
	require.Equal(t, 12.0, id)
	m.Detach()
	requireWire(t, w)
}

// What a source says of tracks of other codecs stands in the first onMetaData.
func TestMetadataOfOtherCodecs(t *testing.T) {
	m, w := attachedTo(func(*Destination) {})
	m.Begin(Expectation{Video: &flv.VideoInfo{Codec: flv.HEVC, Width: 2, Height: 4}, Audio: &flv.AudioInfo{Codec: flv.MP3, SampleRate: 48000}})
	require.NoError(t, m.SendUnit(&flv.AccessUnit{Kind: flv.Audio, Codec: flv.MP3, Data: coretest.MP3Frame}, 0))
	all := requireWire(t, w, "0 metadata", "0 audio 0 mp3 frame")
	fields := metadataOf(t, all[0])
	video, _ := fields.GetNumber("videocodecid")
	audio, _ := fields.GetNumber("audiocodecid")
	require.Equal(t, []float64{1752589105, 2}, []float64{video, audio})
}

// A source of another codec goes on at a key frame, which the muxer knows for every codec.
func TestLearn(t *testing.T) {
	m, _ := attachedTo(func(*Destination) {})
	for _, c := range []struct {
		unit flv.AccessUnit
		key  bool
	}{
		{flv.AccessUnit{Kind: flv.Video, Codec: flv.HEVC, NALUs: [][]byte{coretest.HEVCTrail}, Config: coretest.HEVCRecord}, false},
		{flv.AccessUnit{Kind: flv.Video, Codec: flv.HEVC, NALUs: [][]byte{coretest.HEVCIDR}}, true},
		{flv.AccessUnit{Kind: flv.Audio, Codec: flv.Opus, Data: coretest.OpusFrame, Config: coretest.OpusHead}, false},
		{flv.AccessUnit{Kind: flv.Video, Codec: flv.AV1, Data: coretest.AV1Inter}, false},
		{flv.AccessUnit{Kind: flv.Video, Codec: flv.AV1, Data: coretest.AV1Key}, true},
		{flv.AccessUnit{Kind: flv.Video, Codec: flv.HEVC, NALUs: [][]byte{coretest.HEVCIDR}, Config: []byte{1}}, false},
	} {
		require.Equal(t, c.key, m.Learn(&c.unit))
	}
}

func TestTracksDoNotAllocate(t *testing.T) {
	m, w := attachedTo(func(d *Destination) { d.Wants.SilentAudio = true })
	at := uint32(0)
	var batch []*sendqueue.Message
	second, g711 := coretest.AnnexB(coretest.HEVCTrail), []byte{0x72, 0xD5}
	round := func() {
		at += 20
		for _, err := range []error{
			m.SendVideoFrame(coretest.Picture, at, Frame{Codec: "h264"}), m.SendVideoFrame(second, at, Frame{Track: 1}),
			m.SendVideoFrame(coretest.AV1Inter, at, Frame{Track: 2}), m.SendAudioFrame(coretest.OpusFrame, at, Frame{Codec: "opus", Track: 1}),
			m.SendAudioBody(g711, at),
		} {
			if err != nil {
				panic(err)
			}
		}
		batch = w.Forget(batch)
	}
	require.NoError(t, m.SendVideoFrame(coretest.KeyFrame, 0, Frame{Codec: "h264"}))
	require.NoError(t, m.SendVideoFrame(coretest.HEVCKey, 0, Frame{Track: 1}))
	require.NoError(t, m.SendVideoFrame(coretest.AV1Key, 0, Frame{Track: 2}))
	for range 100 {
		round()
	}
	require.Zero(t, testing.AllocsPerRun(100, round))
}
