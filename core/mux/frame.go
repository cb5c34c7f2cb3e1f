package mux

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
)

// Frame says what a frame is that is pushed.
type Frame struct {
	// Codec is a name of flv.Codec. "" is the codec of the track's frames before. At its first
	// frame the codec of video is then recognised, if it is H.264, HEVC or AV1; audio is AAC.
	// Another codec than before begins the track anew.
	Codec string

	// Track is the track id, 0 to 255. All others than 0 need a server that takes several tracks.
	Track int

	// CompositionTime is the presentation time minus the decode time in ms, -8388608 to 8388607;
	// only H.264 and HEVC have it.
	CompositionTime int32

	// Config is the decoder configuration, see flv.AccessUnit; empty: the one before, or what is in
	// the frames.
	Config []byte
}

// trackID returns the id of the frame's track.
func (f *Frame) trackID() (uint8, error) {
	if f.Track < 0 || f.Track > 255 {
		return 0, rtmperr.New(rtmperr.ErrInvalid, "track %d, expected 0 to 255", f.Track)
	}
	return uint8(f.Track), nil
}

// codec returns the codec that a frame names, NoCodec if it names none.
func (f *Frame) codec(kind flv.Kind) (flv.Codec, error) {
	if f.Codec == "" {
		return flv.NoCodec, nil
	}
	c, ok := flv.ParseCodec(f.Codec)
	switch {
	case !ok:
		return c, rtmperr.New(rtmperr.ErrInvalid, "codec %q is unknown; %v codecs are %s", brief.Text(f.Codec), kind, codecNames(kind))
	case c.Kind() != kind:
		return c, rtmperr.New(rtmperr.ErrInvalid, "codec %q is %v; %v codecs are %s", f.Codec, c.Kind(), kind, codecNames(kind))
	}
	return c, nil
}

func codecNames(kind flv.Kind) string {
	if kind == flv.Video {
		return "h264, hevc, av1, vp9, vp8"
	}
	return "aac, mp3, opus, flac, ac3, eac3, pcma, pcmu"
}
