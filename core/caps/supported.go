package caps

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
)

// Fields says whether a connect carries the fields of Enhanced RTMP.
type Fields uint8

const (
	NotNeeded Fields = iota // it does not, because the media that is known does not need them
	Declared                // it does
	LeftOut                 // it does not: after a connect with them the server was silent, or closed the connection
)

// What helps but for another codec: to ask the server, or to know better than it says.
const (
	adviceOn = `set the option enhanced = "on" before connecting: this connect did not ask the server for Enhanced RTMP`
	adviceV2 = `use a server with Enhanced RTMP v2, or the option enhanced = "v2" if this one has it and does not say so`
)

func (c *Capabilities) advice() string {
	if c.asked == NotNeeded {
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

// IsNotTaken reports whether an error says that the server does not take what is sent.
func IsNotTaken(err error) bool {
	var e *NotTakenError
	return errors.As(err, &e)
}

// CheckSupported returns why the server does not take a form, nil if it does. What has a form of
// FLV 10.1 goes to every server; video with a FourCC of Enhanced RTMP v1 to every server but those
// that named other codecs; all else only to servers that named it.
func (c *Capabilities) CheckSupported(f flv.Form) error {
	if !f.HasFourCC() {
		return nil
	}
	codec := f.Codec
	named := c.fourCCs.has(codec)
	switch {
	case f.Track > 0 && !c.multitrack:
		return notTaken("the server does not take %v track %d (it declared no multitrack): send one track, 0, or %s",
			codec.Kind(), f.Track, c.advice())
	case named:
		return nil
	case codec.Kind() == flv.Audio:
		return notTaken("the server does not take %v over RTMP (it declared %s): send %s, or %s; audio_optional = true sends the video alone",
			codec, c.declared(audioCodecs(), "no audio FourCCs"), instead(codec), c.advice())
	case !c.listsVideo && codec != flv.VP8: // vp08 is not of version 1
		return nil
	}
	return notTaken("the server does not take %v over RTMP (it declared %s): send %s, or %s",
		codec, c.declared(videoCodecs(), "no "+codec.FourCC()), instead(codec), c.advice())
}

// declared says which of some codecs the server named.
func (c *Capabilities) declared(of []flv.Codec, none string) string {
	var names []string
	for _, codec := range of {
		if c.fourCCs.has(codec) {
			names = append(names, codec.FourCC())
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

// CheckSource returns why the server does not take a source whose media has these forms, before
// media flows. With optional audio, leftOut is the reason to leave it out where video goes alone.
func (c *Capabilities) CheckSource(forms []flv.Form, audioOptional bool) (leftOut, err error) {
	hasVideo := slices.ContainsFunc(forms, func(f flv.Form) bool { return f.Codec.Kind() == flv.Video })
	for _, f := range forms {
		switch why := c.CheckSupported(f); {
		case why == nil:
		case audioOptional && hasVideo && f.Codec.Kind() == flv.Audio:
			leftOut = why
		default:
			return nil, why
		}
	}
	return leftOut, nil
}
