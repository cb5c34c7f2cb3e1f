package core

import (
	"errors"
	"fmt"
	"strings"

	"luatrtmp/core/flv"
)

// terms are what holds for the media of a connection: what the user wants, and what the server takes.
type terms struct {
	capabilities
	legacyHEVC  bool // HEVC as codec id 12
	silentAudio bool
}

// termsOf returns the terms before the server has answered.
func termsOf(o *Options) terms {
	t := terms{legacyHEVC: o.LegacyHEVC, silentAudio: o.SilentAudio}
	if o.AssumeV2 {
		t.capabilities = everything()
	}
	return t
}

// admit ends the connection when the server does not take what a track sends, and returns why.
func (m *muxer) admit(t *track) error {
	if t.admitted {
		return nil
	}
	if err := m.terms.check(t.form(&m.terms)); err != nil {
		m.out.fail(err)
		return err
	}
	t.admitted = true
	return nil
}

// adviceV2 is what helps but for another codec: some servers take more than they say.
const adviceV2 = `use a server with Enhanced RTMP v2, or the option enhanced = "v2" if this one has it and does not say so`

// NotTakenError tells that the server does not take what is sent, as it has said itself. Another attempt does not help.
type NotTakenError struct{ text string }

func notTaken(format string, args ...any) error { return &NotTakenError{fmt.Sprintf(format, args...)} }

func (e *NotTakenError) Error() string { return e.text }

// Unwrap makes a NotTakenError an ErrRefused.
func (e *NotTakenError) Unwrap() error { return ErrRefused }

func isNotTaken(err error) bool {
	var e *NotTakenError
	return errors.As(err, &e)
}

// check tells whether the server takes a form: what has a form of FLV 10.1 goes to every server, video with a FourCC of
// Enhanced RTMP v1 to every one that has not named others only, and all else to those that named it.
func (t *terms) check(f flv.Form) error {
	if !f.HasFourCC() {
		return nil
	}
	codec := f.Codec
	named := t.fourCCs.has(codec)
	switch {
	case f.Track > 0 && !t.multitrack:
		return notTaken("the server does not take %v track %d (it declared no multitrack): send one track, 0, or %s",
			codec.Kind(), f.Track, adviceV2)
	case named:
		return nil
	case codec.Kind() == flv.Audio:
		return notTaken("the server does not take %v over RTMP (it declared %s): send %s, or %s",
			codec, t.declared(audioCodecs, "no audio FourCCs"), instead(codec), adviceV2)
	case !t.listsVideo && codec != flv.VP8: // vp08 is not of version 1
		return nil
	}
	return notTaken("the server does not take %v over RTMP (it declared %s): send %s, or %s",
		codec, t.declared(videoCodecs, "no "+codec.FourCC()), instead(codec), adviceV2)
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
