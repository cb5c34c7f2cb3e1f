package core

import (
	"log/slog"
	"time"

	"luatrtmp/core/feeder"
	"luatrtmp/core/flv"
	"luatrtmp/core/ingest"
	"luatrtmp/core/mux"
	"luatrtmp/core/source"
	"luatrtmp/core/stats"
)

// Camera is what is known of a camera of the host, whose frames are pushed.
type Camera = feeder.Camera

// What may be known of it.
const (
	NoCamera       = feeder.NoCamera
	CameraExpected = feeder.CameraExpected
	CameraFailed   = feeder.CameraFailed
)

// muxerSink is the muxer of a Publisher as a feeder needs it.
type muxerSink struct {
	muxer    *mux.Muxer
	counters *stats.Counters
}

func (s muxerSink) Restart()                            { s.muxer.Restart() }
func (s muxerSink) Begin(info source.Info)              { s.muxer.Begin(expectationOf(info)) }
func (s muxerSink) Learn(unit *flv.AccessUnit) bool     { return s.muxer.Learn(unit) }
func (s muxerSink) AwaitsKeyFrame() bool                { return s.muxer.AwaitsKeyFrame() }
func (s muxerSink) Elapsed(now time.Time) time.Duration { return s.muxer.Elapsed(now) }
func (s muxerSink) Dropped(frames, size int)            { s.counters.Dropped(uint32(frames), uint64(size)) }

func (s muxerSink) Send(unit *flv.AccessUnit, timestamp uint32) (feeder.Result, error) {
	before := s.muxer.Frames()
	err := s.muxer.SendUnit(unit, timestamp)
	switch {
	case err == mux.ErrAudioLeftOut:
		return feeder.LeftOut, nil
	case err != nil || s.muxer.Frames() != before:
		return feeder.Sent, err
	case s.muxer.HoldsUnits():
		return feeder.HasNoFrame, nil
	}
	return feeder.AwaitsKey, nil
}

// expectationOf returns what a source says of its tracks.
func expectationOf(info source.Info) mux.Expectation {
	return mux.Expectation{
		Video: info.Video, Audio: info.Audio, VideoConfig: info.VideoConfig, AudioConfig: info.AudioConfig,
		VideoRate: info.VideoRate, AudioRate: info.AudioRate, Duration: info.Duration,
	}
}

// receive opens a live source.
func receive(spec source.Spec, log *slog.Logger) (feeder.Live, error) {
	r, err := ingest.Open(spec, log)
	if err != nil {
		return nil, err
	}
	return r, nil
}
