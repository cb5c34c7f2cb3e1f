package mux

import (
	"errors"
	"fmt"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// MaxFrame is the largest access unit or audio frame that can be sent: one message must hold it.
const MaxFrame = chunk.MaxMessageSize - 1024

const lengthSize = 4 // bytes that say how long a NAL unit is, in front of each

// videoInput is an access unit as it comes.
type videoInput struct {
	parts           [][]byte // as flv.VideoTrack.Take wants them
	timestamp       uint32   // decode time in ms
	compositionTime int64    // ms
	pushed          bool     // by a user, who must not put several frames into one access unit
}

// videoFrame is an access unit that was inspected.
type videoFrame struct {
	flv.VideoUnit
	timestamp       uint32
	compositionTime int64

	fault  error // why it cannot be sent
	badSet error // why a parameter set in it is left out, or kept without its VUI
	damage error // why a NAL unit in it is left out
}

// inspectVideo says what an access unit is. It changes nothing but what the track knows of its
// parameter sets.
func inspectVideo(t *track, in videoInput) videoFrame {
	unit, err := t.video.Take(in.parts)
	f := videoFrame{VideoUnit: unit, timestamp: in.timestamp, compositionTime: in.compositionTime}
	switch {
	case errors.Is(err, flv.ErrBadParameterSet) && len(unit.Parts) > 0:
		f.badSet = err
	case errors.Is(err, flv.ErrBadNALUnit) && unit.Frames > 0: // the rest of the frame goes
		f.damage = err
	default:
		f.fault = err
	}
	if in.pushed && f.fault == nil && unit.Frames > 1 {
		f.fault = severalFrames(unit.Frames)
	}
	return f
}

// severalFrames is the error of an access unit with more than one frame. They have one timestamp,
// and decoders take the first one only.
func severalFrames(n int) error {
	return fmt.Errorf("%d frames in one access unit, expected one: each goes by itself, with its own timestamp", n)
}

// check returns why an access unit cannot be sent, nil if it can.
func (f *videoFrame) check(codec flv.Codec) error {
	size := sendqueue.Size(f.Parts)
	if codec.HasNALUs() {
		size += lengthSize * len(f.Parts)
	}
	switch {
	case f.fault != nil:
		return rtmperr.New(rtmperr.ErrInvalid, "video frame: %v", f.fault)
	case size > MaxFrame:
		return rtmperr.New(rtmperr.ErrOverflow, "video frame of %d bytes, at most %d are possible", size, MaxFrame)
	case f.compositionTime < -flv.MaxCompositionTime-1 || f.compositionTime > flv.MaxCompositionTime:
		return rtmperr.New(rtmperr.ErrInvalid, "composition time %d ms, FLV has 24 bits for it", f.compositionTime)
	}
	return nil
}

// priority returns the frame's priority in a queue.
func (f *videoFrame) priority() sendqueue.Priority {
	switch {
	case f.Key:
		return sendqueue.KeyFrame
	case f.Leading && f.Disposable:
		return sendqueue.LeadingDisposable
	case f.Leading:
		return sendqueue.Leading
	case f.Disposable:
		return sendqueue.Disposable
	}
	return sendqueue.InterFrame
}

// withoutParameters is the error of a key frame whose parameter sets are not known.
func (f *videoFrame) withoutParameters(c flv.Codec) error {
	if f.badSet != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "key frame without %s: %v", parameters(c), f.badSet)
	}
	return rtmperr.New(rtmperr.ErrInvalid, "key frame without %s: send them in front of it, in the same access unit", parameters(c))
}

// parameters names what a key frame needs to be decoded.
func parameters(c flv.Codec) string {
	switch c {
	case flv.H264:
		return "SPS and PPS"
	case flv.HEVC:
		return "VPS, SPS and PPS"
	}
	return "sequence header"
}

// inspectAudio returns what is wrong with a raw frame, nil if it can be sent. It changes nothing
// but what the track knows of its configuration.
func inspectAudio(t *track, frame []byte) error {
	switch {
	case len(frame) == 0:
		return rtmperr.New(rtmperr.ErrInvalid, "audio frame: empty")
	case len(frame) > MaxFrame:
		return rtmperr.New(rtmperr.ErrOverflow, "audio frame of %d bytes, at most %d are possible", len(frame), MaxFrame)
	}
	if err := t.audio.Take(frame); err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "audio frame: %v", err)
	}
	if !t.audio.Ready() {
		return rtmperr.New(rtmperr.ErrInvalid, "%s", withoutConfig(t.audio.Codec()))
	}
	return nil
}

// hasConfig reports whether a codec has a decoder configuration.
func hasConfig(c flv.Codec) bool { return c == flv.AAC || c == flv.Opus || c == flv.FLAC }

// withoutConfig says what is missing.
func withoutConfig(c flv.Codec) string {
	switch c {
	case flv.AAC:
		return "raw AAC without its AudioSpecificConfig: pass it with the first frame, or send ADTS"
	case flv.FLAC:
		return `FLAC without its configuration, "fLaC" and STREAMINFO: pass it with the first frame`
	}
	return "Opus without its configuration, OpusHead"
}
