package mux

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"luatrtmp/core/flv"
)

// ErrAudioLeftOut is returned for audio that the server does not take, where video may go alone.
// Nothing of it is sent.
var ErrAudioLeftOut = errors.New("audio that the server does not take is left out")

// admit ends the connection when the server does not take what a track sends, and returns why.
// Audio that is optional is left out instead. It must be called with m.mu held.
func (m *Muxer) admit(t *track) error {
	if t.admitted {
		return nil
	}
	form := t.form(m.Wants.LegacyHEVC)
	err := m.supports(form)
	switch {
	case err == nil:
		t.admitted = true
		return nil
	case m.leavesOutForm(form):
		return ErrAudioLeftOut
	}
	m.Out.Fail(err)
	return err
}

// leavesOut reports whether a track is left out. It must be called with m.mu held.
func (m *Muxer) leavesOut(t *track) bool {
	if !m.Wants.AudioOptional || t.admitted {
		return false
	}
	t.leftOut = t.leftOut || m.leavesOutForm(t.form(m.Wants.LegacyHEVC))
	return t.leftOut
}

// leavesOutForm reports whether audio in a form is left out, because it is optional and the server
// does not take it. It must be called with m.mu held.
func (m *Muxer) leavesOutForm(f flv.Form) bool {
	return m.Wants.AudioOptional && f.Codec.Kind() == flv.Audio && m.supports(f) != nil
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

// Forms returns how the tracks that have been pushed so far would be sent.
func (m *Muxer) Forms(legacyHEVC bool) []flv.Form {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []flv.Form
	for _, t := range m.tracks {
		all = append(all, t.form(legacyHEVC))
	}
	return all
}

// SentCodecs names the codecs that were sent to an output, or else those of the source, for a
// message.
func (m *Muxer) SentCodecs(out Output) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	if m.Out == out {
		for _, t := range m.tracks {
			if t.announced && !slices.Contains(names, t.codec().String()) {
				names = append(names, t.codec().String())
			}
		}
		if len(names) == 0 {
			for _, f := range m.expect.Forms(m.Wants.LegacyHEVC) {
				names = append(names, f.Codec.String())
			}
		}
	}
	if len(names) == 0 {
		return "a codec that is sent"
	}
	return "a codec that is sent (" + strings.Join(names, ", ") + ")"
}
