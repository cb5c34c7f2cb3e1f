package core

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
)

// EnhancedMode says when connect declares Enhanced RTMP. Some servers cannot read its fields, and
// ignore the whole command.
type EnhancedMode uint8

const (
	EnhancedAuto EnhancedMode = iota // when the media that is known by then needs it
	EnhancedOn                       // always
	EnhancedV2                       // always; and the server takes all of version 2, whatever it declares
	EnhancedOff                      // never
)

// set sets the mode by its word. "declared" is the older word for "on".
func (e *EnhancedMode) set(name, value string) error {
	switch value {
	case "auto":
		*e = EnhancedAuto
	case "on", "declared":
		*e = EnhancedOn
	case "v2":
		*e = EnhancedV2
	case "off":
		*e = EnhancedOff
	default:
		return rtmperr.New(rtmperr.ErrInvalid, `option %q: %q, expected "auto", "on" (or "declared"), "v2" or "off"`, name, brief.Text(value))
	}
	return nil
}

// fields says whether a connect carries the fields of Enhanced RTMP.
type fields uint8

const (
	fieldsNotNeeded fields = iota
	fieldsDeclared
	fieldsLeftOut // after a connect with them the server was silent, or closed the connection
)

// declares returns whether the first connect of an attempt carries the fields of Enhanced RTMP.
// forms are those of the media that is known by now.
func (e EnhancedMode) declares(forms []flv.Form) fields {
	switch e {
	case EnhancedOn, EnhancedV2:
		return fieldsDeclared
	case EnhancedAuto:
		if slices.ContainsFunc(forms, flv.Form.HasFourCC) {
			return fieldsDeclared
		}
	}
	return fieldsNotNeeded
}

// terms are what holds for the media of a connection: what the user wants, and what the server
// takes.
type terms struct {
	capabilities
	fields        fields // that connect carried
	legacyHEVC    bool   // HEVC as codec id 12
	silentAudio   bool
	audioOptional bool
}

// termsOf returns the terms before the server has answered.
func termsOf(o *Options) terms {
	t := terms{legacyHEVC: o.LegacyHEVC, silentAudio: o.SilentAudio, audioOptional: o.AudioOptional}
	if o.Enhanced == EnhancedV2 {
		t.capabilities = everything()
	}
	return t
}

// errAudioLeftOut is returned for audio that the server does not take, where video may go alone.
// Nothing of it is sent.
var errAudioLeftOut = errors.New("audio that the server does not take is left out")

// admit ends the connection when the server does not take what a track sends, and returns why.
// Audio that is optional is left out instead.
func (m *muxer) admit(t *track) error {
	if t.admitted {
		return nil
	}
	form := t.form(&m.terms)
	err := m.terms.check(form)
	switch {
	case err == nil:
		t.admitted = true
		return nil
	case m.terms.leavesOut(form):
		return errAudioLeftOut
	}
	m.out.fail(err)
	return err
}

// leavesOut reports whether a track is left out. It must be called with m.mu held.
func (m *muxer) leavesOut(t *track) bool {
	if !m.terms.audioOptional || t.admitted {
		return false
	}
	t.leftOut = t.leftOut || m.terms.leavesOut(t.form(&m.terms))
	return t.leftOut
}

// leavesOut reports whether audio in a form is left out, because it is optional and the server does
// not take it.
func (t *terms) leavesOut(f flv.Form) bool {
	return t.audioOptional && f.Codec.Kind() == flv.Audio && t.check(f) != nil
}

// checkSource returns why a server does not take what a source is known to hold, before media
// flows. leftOut is the reason to leave its audio out, where video may go alone.
func (t *terms) checkSource(e expectation) (leftOut, err error) {
	for _, f := range e.forms(t) {
		switch why := t.check(f); {
		case why == nil:
		case t.leavesOut(f) && e.video != nil:
			leftOut = why
		default:
			return nil, why
		}
	}
	return leftOut, nil
}

// forms returns how what is expected would be sent, video first.
func (e expectation) forms(of *terms) []flv.Form {
	var all []flv.Form
	if e.video != nil {
		all = append(all, formOf(cmp.Or(e.video.Codec, flv.H264), of))
	}
	if e.audio != nil {
		all = append(all, formOf(cmp.Or(e.audio.Codec, flv.AAC), of))
	}
	return all
}

// forms returns how the tracks that have been pushed so far would be sent.
func (m *muxer) forms(of *terms) []flv.Form {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []flv.Form
	for _, t := range m.tracks {
		all = append(all, t.form(of))
	}
	return all
}

// sentCodecs names the codecs that a connection has carried, or else those of the source, for a
// message.
func (m *muxer) sentCodecs(out *writer) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	if m.out == out {
		for _, t := range m.tracks {
			if t.announced && !slices.Contains(names, t.codec().String()) {
				names = append(names, t.codec().String())
			}
		}
		if len(names) == 0 {
			for _, f := range m.expect.forms(&m.terms) {
				names = append(names, f.Codec.String())
			}
		}
	}
	if len(names) == 0 {
		return "a codec that is sent"
	}
	return "a codec that is sent (" + strings.Join(names, ", ") + ")"
}

// knownForms returns how the media that is known by now would be sent: that of the source, and what
// has been pushed.
func (p *Publisher) knownForms(o *Options) []flv.Form {
	of := termsOf(o)
	pushed := p.pushed.Load()
	if !pushed && !p.standsIn.Load() {
		return p.sourceMedia().forms(&of)
	}
	all := p.muxer.forms(&of)
	if !pushed {
		p.mu.Lock()
		all = append(all, p.media.forms(&of)...)
		p.mu.Unlock()
	}
	return all
}

// sourceMedia returns what is known of the source that is going to feed the stream: nothing if
// frames are pushed, or may be.
func (p *Publisher) sourceMedia() expectation {
	if p.pushed.Load() || p.standsIn.Load() {
		return expectation{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.media
}

// What helps but for another codec: to ask the server, or to know better than it says.
const (
	adviceOn = `set the option enhanced = "on" before connecting: this connect did not ask the server for Enhanced RTMP`
	adviceV2 = `use a server with Enhanced RTMP v2, or the option enhanced = "v2" if this one has it and does not say so`
)

func (t *terms) advice() string {
	if t.fields == fieldsNotNeeded {
		return adviceOn
	}
	return adviceV2
}

// NotTakenError tells that the server does not take what is sent, as it has said itself. Another
// attempt does not help.
type NotTakenError struct{ text string }

func notTaken(format string, args ...any) error { return &NotTakenError{fmt.Sprintf(format, args...)} }

func (e *NotTakenError) Error() string { return e.text }

// Unwrap makes a NotTakenError an ErrRefused.
func (e *NotTakenError) Unwrap() error { return rtmperr.ErrRefused }

func isNotTaken(err error) bool {
	var e *NotTakenError
	return errors.As(err, &e)
}

// check returns why the server does not take a form, nil if it does: what has a form of FLV 10.1
// goes to every server, video with a FourCC of Enhanced RTMP v1 to every one that has not named
// others only, and all else to those that named it.
func (t *terms) check(f flv.Form) error {
	if !f.HasFourCC() {
		return nil
	}
	codec := f.Codec
	named := t.fourCCs.has(codec)
	switch {
	case f.Track > 0 && !t.multitrack:
		return notTaken("the server does not take %v track %d (it declared no multitrack): send one track, 0, or %s",
			codec.Kind(), f.Track, t.advice())
	case named:
		return nil
	case codec.Kind() == flv.Audio:
		return notTaken("the server does not take %v over RTMP (it declared %s): send %s, or %s; audio_optional = true sends the video alone",
			codec, t.declared(audioCodecs, "no audio FourCCs"), instead(codec), t.advice())
	case !t.listsVideo && codec != flv.VP8: // vp08 is not of version 1
		return nil
	}
	return notTaken("the server does not take %v over RTMP (it declared %s): send %s, or %s",
		codec, t.declared(videoCodecs, "no "+codec.FourCC()), instead(codec), t.advice())
}

// declared says which of some codecs the server named.
func (t *terms) declared(of []flv.Codec, none string) string {
	var names []string
	for _, c := range of {
		if t.fourCCs.has(c) {
			names = append(names, c.FourCC())
		}
	}
	if len(names) == 0 {
		return none
	}
	return "only " + strings.Join(names, ", ")
}

// instead says what to send where a codec is not taken.
func instead(c flv.Codec) string {
	switch {
	case c == flv.HEVC:
		return `H.264, or HEVC as codec id 12 with the option hevc = "legacy" if the server knows that`
	case c.Kind() == flv.Video:
		return "H.264"
	case c == flv.AAC || c == flv.MP3:
		return "it as track 0"
	}
	return "AAC"
}
