package mux

import (
	"cmp"
	"time"

	"luatrtmp/core/flv"
)

// media is what is known of the media. It outlives connections: the parameter sets of a camera that
// sends them once must not be lost.
type media struct {
	tracks tracks
	expect Expectation // of the source; empty without one
	audio  audioPresence
}

// audioPresence says whether the media has audio.
type audioPresence uint8

const (
	audioUnknown audioPresence = iota
	audioMissing               // video has gone by without any
	audioHeard
)

// Expectation is what a source says of its tracks before their first frames, nil for a track that
// is not there.
type Expectation struct {
	Video *flv.VideoInfo
	Audio *flv.AudioInfo

	VideoConfig, AudioConfig []byte        // decoder configurations; empty: unknown
	VideoRate, AudioRate     float64       // kbit/s; 0: unknown
	Duration                 time.Duration // of all; 0: unknown, or without end
}

// Forms returns how what is expected would be sent, video first.
func (e Expectation) Forms(legacyHEVC bool) []flv.Form {
	var all []flv.Form
	if e.Video != nil {
		all = append(all, formOf(cmp.Or(e.Video.Codec, flv.H264), legacyHEVC))
	}
	if e.Audio != nil {
		all = append(all, formOf(cmp.Or(e.Audio.Codec, flv.AAC), legacyHEVC))
	}
	return all
}

// begin takes what a source says of its tracks.
func (m *media) begin(e Expectation) {
	m.expect = e
	if e.Video != nil {
		m.expectTrack(&flv.AccessUnit{Kind: flv.Video, Codec: e.Video.Codec, Config: e.VideoConfig})
	}
	if e.Audio != nil {
		m.expectTrack(&flv.AccessUnit{Kind: flv.Audio, Codec: e.Audio.Codec, Config: e.AudioConfig})
	}
}

// expectTrack makes a track of a source known by the configuration of its first unit, unless it is
// known already.
func (m *media) expectTrack(first *flv.AccessUnit) {
	if len(first.Config) > 0 && m.tracks.find(first.Kind, 0) == nil {
		m.tracks.unitTrack(first) // a broken configuration is told when it comes with its unit
	}
}

// hasVideo reports whether a key frame is to come.
func (m *media) hasVideo() bool {
	if m.expect.Video != nil {
		return true
	}
	for _, t := range m.tracks {
		if t.kind == flv.Video && t.announced {
			return true
		}
	}
	return false
}

// videoInfo returns what the first video track says itself, completed by what the source says;
// false without video.
func (m *media) videoInfo() (flv.VideoInfo, bool) {
	var info flv.VideoInfo
	t := m.tracks.first(flv.Video)
	switch known := t != nil && t.known(); {
	case !known && m.expect.Video == nil:
		return info, false
	case !known:
		info = *m.expect.Video
	default:
		info = t.video.Info()
		if info.FrameRate == 0 && m.expect.Video != nil {
			info.FrameRate = m.expect.Video.FrameRate
		}
	}
	info.Codec = cmp.Or(info.Codec, flv.H264)
	return info, true
}

func milliseconds(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() }
