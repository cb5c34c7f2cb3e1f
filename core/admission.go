package core

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"luatrtmp/core/flv"
)

// errAudioLeftOut is returned for audio that the server does not take, where video may go alone.
// Nothing of it is sent.
var errAudioLeftOut = errors.New("audio that the server does not take is left out")

// admit ends the connection when the server does not take what a track sends, and returns why.
// Audio that is optional is left out instead. It must be called with m.mu held.
func (m *muxer) admit(t *track) error {
	if t.admitted {
		return nil
	}
	form := t.form(m.wants.legacyHEVC)
	err := m.supports(form)
	switch {
	case err == nil:
		t.admitted = true
		return nil
	case m.leavesOutForm(form):
		return errAudioLeftOut
	}
	m.out.Fail(err)
	return err
}

// leavesOut reports whether a track is left out. It must be called with m.mu held.
func (m *muxer) leavesOut(t *track) bool {
	if !m.wants.audioOptional || t.admitted {
		return false
	}
	t.leftOut = t.leftOut || m.leavesOutForm(t.form(m.wants.legacyHEVC))
	return t.leftOut
}

// leavesOutForm reports whether audio in a form is left out, because it is optional and the server
// does not take it. It must be called with m.mu held.
func (m *muxer) leavesOutForm(f flv.Form) bool {
	return m.wants.audioOptional && f.Codec.Kind() == flv.Audio && m.supports(f) != nil
}

// forms returns how what is expected would be sent, video first.
func (e expectation) forms(legacyHEVC bool) []flv.Form {
	var all []flv.Form
	if e.video != nil {
		all = append(all, formOf(cmp.Or(e.video.Codec, flv.H264), legacyHEVC))
	}
	if e.audio != nil {
		all = append(all, formOf(cmp.Or(e.audio.Codec, flv.AAC), legacyHEVC))
	}
	return all
}

// forms returns how the tracks that have been pushed so far would be sent.
func (m *muxer) forms(legacyHEVC bool) []flv.Form {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []flv.Form
	for _, t := range m.tracks {
		all = append(all, t.form(legacyHEVC))
	}
	return all
}

// sentCodecs names the codecs that were sent to an output, or else those of the source, for a
// message.
func (m *muxer) sentCodecs(out output) string {
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
			for _, f := range m.expect.forms(m.wants.legacyHEVC) {
				names = append(names, f.Codec.String())
			}
		}
	}
	if len(names) == 0 {
		return "a codec that is sent"
	}
	return "a codec that is sent (" + strings.Join(names, ", ") + ")"
}
