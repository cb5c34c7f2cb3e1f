package mux

import (
	"sync"

	"luatrtmp/core/flv"
	"luatrtmp/core/sendqueue"
)

// Option silent_audio: some services (YouTube, Facebook) show nothing of a stream without audio. A track of silent AAC then
// stands beside video that has none.
//
// It begins with the first picture if the source says that it has no audio, or else when silencePatience of video has gone
// by without any. From then on every picture is preceded by the silent frames that are due by its time: their
// timestamps count samples from the first picture on, so that audio is never ahead of the video and less than a frame
// behind. It ends for good when real audio comes, whose frames then go on at the same time or later. Whether the media
// has audio outlives connections: on the next one silence begins with the first picture. Another sender, which a new
// source is, begins anew.

const (
	// silencePatience is the video time, in ms, after which video without audio is taken for video that has none. Audio of a
	// camera begins later than its video, but not by more.
	silencePatience = 1000

	silenceRate = 44100 // Hz; what every service takes

	// silenceCatchUp is the number of frames that may be due at once: a second. Where video pauses for longer, audio does too.
	silenceCatchUp = silenceRate / flv.SamplesPerFrame
)

var silenceInfo = flv.AudioInfo{Codec: flv.AAC, SampleRate: silenceRate, Channels: 2}

// silentMedia is what the silent track consists of.
var silentMedia struct {
	once          sync.Once
	config, frame []byte
	err           error
}

func makeSilence() {
	m := &silentMedia
	m.config, m.frame, m.err = flv.SilentAAC(silenceInfo.SampleRate, silenceInfo.Channels)
}

// silence is the silent track.
type silence struct {
	wanted bool        // the media has no audio
	heard  bool        // it has
	line   *silentLine // nil: nothing has been sent that it could stand beside
}

// silentLine is what has been sent of the silent track on one connection.
type silentLine struct {
	lastVideo uint32 // timestamp of the latest picture
	elapsed   uint64 // ms from the first picture to it
	base      uint32 // timestamp of the first picture
	frames    uint64 // the number of the next frame, counted from the first picture
	announced bool
	last      uint32 // timestamp of the latest frame
}

// expectSilence decides for a silent track as soon as it can be known, so that the first onMetaData tells of it.
func (m *Muxer) expectSilence() {
	if m.Wants.SilentAudio && !m.silence.heard && m.expect.Video != nil && !m.expectsAudio() {
		m.silence.wanted = true
	}
}

// silent reports whether the connection has the silent track.
func (m *Muxer) silent() bool {
	return m.Wants.SilentAudio && m.silence.wanted && !m.silence.heard
}

// fillSilence sends the silent frames that are due by the time of a picture, which comes next.
func (m *Muxer) fillSilence(at uint32) error {
	if !m.Wants.SilentAudio || m.silence.heard {
		return nil
	}
	s := m.silence.line
	if s == nil {
		s = &silentLine{base: at, lastVideo: at}
		m.silence.line = s
	}
	if passed := int32(at - s.lastVideo); passed > 0 { // pictures of another track may be behind
		s.elapsed += uint64(passed)
		s.lastVideo = at
	}
	m.silence.wanted = m.silence.wanted || s.elapsed >= silencePatience
	if !m.silence.wanted {
		return nil
	}
	due := ((s.elapsed+1)*silenceRate + flv.SamplesPerFrame*1000 - 1) / (flv.SamplesPerFrame * 1000) // frames that begin by now
	if due > s.frames+silenceCatchUp {
		s.frames = due - 1
	}
	for ; s.frames < due; s.frames++ {
		s.last = s.base + uint32(s.frames*flv.SamplesPerFrame*1000/silenceRate)
		if err := m.sendSilence(s.last); err != nil {
			return err
		}
	}
	return nil
}

// sendSilence sends one silent frame.
func (m *Muxer) sendSilence(at uint32) error {
	form, media := flv.Form{Codec: flv.AAC}, &silentMedia
	media.once.Do(makeSilence)
	if media.err != nil {
		return media.err
	}
	if s := m.silence.line; !s.announced {
		if err := m.sendMetadata(at); err != nil {
			return err
		}
		if err := m.send(flv.Audio, 0, sendqueue.Header, at, m.scratch.build.SequenceStart(form, media.config)); err != nil {
			return err
		}
		s.announced = true
	}
	return m.send(flv.Audio, 0, sendqueue.Audio, at, m.scratch.build.AudioFrame(form, 0, media.frame))
}
