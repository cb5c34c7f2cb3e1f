package mux

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/sendqueue"
)

// Option silent_audio: some services (YouTube, Facebook) show nothing of a stream without audio. A
// track of silent AAC then stands beside video that has none.
//
// It begins with the first frame of video if the source says that it has no audio, or else when
// silencePatience of video has gone by without any. From then on each frame of video is preceded by
// the silent frames that are due by its time: their timestamps count samples from the first frame
// of video on, so that audio is never ahead of the video and less than a frame behind. It ends for
// good when real audio comes, whose frames then go on at the same time or later. Whether the media
// has audio outlives connections: on the next one silence begins with the first frame of video.
// Another sender, which a new source is, begins anew.

const (
	// silencePatience is the video time, in ms, after which video without audio is taken for video
	// that has none. Audio of a camera begins later than its video, but not by more.
	silencePatience = 1000

	silenceRate     = 44100 // Hz; what every service takes
	silenceChannels = 2

	// silenceCatchUp is the number of frames that may be due at once: a second. Where video pauses
	// for longer, audio does too.
	silenceCatchUp = silenceRate / flv.SamplesPerFrame
)

func silenceInfo() flv.AudioInfo {
	return flv.AudioInfo{Codec: flv.AAC, SampleRate: silenceRate, Channels: silenceChannels}
}

// silentTrack is what has been sent of the silent track on one connection.
type silentTrack struct {
	begun     bool   // there was a frame of video that it could stand beside
	base      uint32 // timestamp of that frame
	lastVideo uint32 // timestamp of the latest frame of video
	elapsed   uint64 // ms from the first to it
	frames    uint64 // the number of the next silent frame, counted from the first frame of video
	announced bool   // the sequence start was sent
	last      uint32 // timestamp of the latest silent frame, once it is announced
	frame     []byte // a silent frame, once it is announced
}

// expectSilence decides for a silent track as soon as it can be known, so that the first onMetaData
// tells of it.
func (o *outlet) expectSilence() {
	if o.Wants.SilentAudio && o.media.audio == audioUnknown && o.media.expect.Video != nil && !o.expectsAudio() {
		o.media.audio = audioMissing
	}
}

// silent reports whether the connection has the silent track.
func (o *outlet) silent() bool { return o.Wants.SilentAudio && o.media.audio == audioMissing }

// fillSilence sends the silent frames that are due by the time of a frame of video, which comes
// next.
func (o *outlet) fillSilence(at uint32) error {
	if !o.Wants.SilentAudio || o.media.audio == audioHeard {
		return nil
	}
	s := &o.silence
	if !s.begun {
		s.begun, s.base, s.lastVideo = true, at, at
	}
	if passed := int32(at - s.lastVideo); passed > 0 { // frames of another track may be behind
		s.elapsed += uint64(passed)
		s.lastVideo = at
	}
	if s.elapsed >= silencePatience {
		o.media.audio = audioMissing
	}
	if o.media.audio != audioMissing {
		return nil
	}
	due := ((s.elapsed+1)*silenceRate + flv.SamplesPerFrame*1000 - 1) / (flv.SamplesPerFrame * 1000) // frames that begin by now
	if due > s.frames+silenceCatchUp {
		s.frames = due - 1
	}
	for ; s.frames < due; s.frames++ {
		s.last = s.base + uint32(s.frames*flv.SamplesPerFrame*1000/silenceRate)
		if err := o.sendSilence(s.last); err != nil {
			return err
		}
	}
	return nil
}

// sendSilence sends one silent frame.
func (o *outlet) sendSilence(at uint32) error {
	form := flv.Form{Codec: flv.AAC}
	if s := &o.silence; !s.announced {
		config, frame, err := flv.SilentAAC(silenceRate, silenceChannels)
		if err != nil {
			return err
		}
		if err := o.sendMetadata(at); err != nil {
			return err
		}
		if err := o.send(flv.Audio, 0, sendqueue.Header, at, o.build.SequenceStart(form, config)); err != nil {
			return err
		}
		s.announced, s.frame = true, frame
	}
	return o.send(flv.Audio, 0, sendqueue.Audio, at, o.build.AudioFrame(form, 0, o.silence.frame))
}
