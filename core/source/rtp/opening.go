package rtp

import (
	"bytes"
	"time"

	"luatrtmp/core/flv"
)

const (
	maxOpening = 5 * time.Second        // no key frame for so long: audio goes alone
	maxHeld    = 64                     // audio frames: more than a second
	heldBefore = 200 * time.Millisecond // audio that is so much before the key frame goes out
)

// opening is the time between Play and the first key frame. Audio that comes in is held back: servers and players want to see both at the
// beginning. What is much older than the key frame is left out then.
type opening struct {
	open       bool
	until      time.Duration
	held       []flv.AccessUnit
	configured bool // the configuration of audio went out
}

func (o *opening) begin(open bool, now time.Duration) {
	*o = opening{open: open, until: now + maxOpening}
}

// holds keeps a copy of an audio frame while it has to wait.
func (o *opening) holds(unit *flv.AccessUnit, now time.Duration) bool {
	if !o.open || now >= o.until {
		return false
	}
	kept := *unit
	kept.Data = bytes.Clone(unit.Data)
	if len(o.held) == maxHeld {
		o.held = append(o.held[:0], o.held[1:]...)
	}
	o.held = append(o.held, kept)
	return true
}

// keyFrame ends it with the first key frame, which goes out between the audio before and that after it.
func (o *opening) keyFrame(unit *flv.AccessUnit, video, audio *track) {
	for len(o.held) > 0 && o.held[0].DTS <= unit.DTS {
		if o.held[0].DTS >= unit.DTS-heldBefore {
			o.send(audio)
		} else {
			o.held = o.held[1:]
		}
	}
	video.send(unit)
	o.timeOut(audio)
	if !o.configured {
		audio.config = nil // that of a frame that was left out; the next one takes it
	}
}

// timeOut ends it without a key frame.
func (o *opening) timeOut(audio *track) {
	o.open = false
	for len(o.held) > 0 {
		o.send(audio)
	}
	o.held = nil
}

// send passes on the first of the held frames.
func (o *opening) send(audio *track) {
	unit := &o.held[0]
	if !o.configured {
		unit.Config, o.configured = audio.config, true
	}
	o.held = o.held[1:]
	audio.send(unit)
}
