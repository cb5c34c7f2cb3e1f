package mux

import (
	"slices"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
)

// track is one track: what is known of its media, and what has been sent of it on the connection.
type track struct {
	kind  flv.Kind
	id    uint8
	video flv.VideoTrack // of a video track
	audio flv.AudioTrack // of an audio track
	kept  bool           // it is one of the muxer's
	progress
}

// progress is what has been sent of a track on one connection.
type progress struct {
	timeline
	admission admission
	announced bool   // the sequence start was sent
	headerAt  uint32 // its timestamp
	record    []byte // decoder configuration that was sent
	info      flv.AudioInfo
	color     *flv.Color
	keyFrame  bool // a key frame was sent, and nothing that others refer to has been missing since
	cut       bool // the last key frame followed on nothing: its leading pictures cannot be decoded
	held      heldUnits
}

// admission says whether a server takes a track.
type admission uint8

const (
	notAsked admission = iota
	admitted           // it does
	leftOut            // it does not, and the video goes alone
)

func newTrack(c flv.Codec, id uint8) (*track, error) {
	t := &track{kind: c.Kind(), id: id}
	var err error
	if t.kind == flv.Video {
		t.video, err = flv.NewVideoTrack(c)
	} else {
		t.audio, err = flv.NewAudioTrack(c)
	}
	if err == nil {
		err = t.form(false).Check()
	}
	if err != nil {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "%v", err)
	}
	return t, nil
}

func (t *track) codec() flv.Codec {
	if t.kind == flv.Video {
		return t.video.Codec()
	}
	return t.audio.Codec()
}

// configure takes a decoder configuration, if there is one.
func (t *track) configure(config []byte) error {
	if len(config) == 0 {
		return nil
	}
	var err error
	if t.kind == flv.Video {
		err = t.video.SetConfig(config)
	} else {
		err = t.audio.SetConfig(config)
	}
	if err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "%v configuration: %v", t.kind, err)
	}
	return nil
}

// known reports whether enough is known of a track to describe it.
func (t *track) known() bool {
	if t.kind == flv.Video {
		return t.video.Record() != nil
	}
	return t.audio.Ready()
}

// configuration returns the decoder configuration, nil if the codec has none or it is not known.
func (t *track) configuration() []byte {
	if t.kind == flv.Video {
		return t.video.Record()
	}
	return t.audio.Record()
}

// form returns how bodies of the track are written. The old forms are those that every server
// knows.
func (t *track) form(legacyHEVC bool) flv.Form {
	f := formOf(t.codec(), legacyHEVC)
	f.Track = t.id
	if t.kind == flv.Audio {
		info := t.audio.Info()
		f.SampleRate, f.Channels = info.SampleRate, info.Channels
	}
	return f
}

func formOf(c flv.Codec, legacyHEVC bool) flv.Form {
	return flv.Form{Codec: c, Enhanced: c == flv.HEVC && !legacyHEVC}
}

// tracks are the tracks that are known: video before audio, by their ids.
type tracks []*track

// find returns a track, nil if nothing is known of it.
func (l tracks) find(kind flv.Kind, id uint8) *track {
	for _, t := range l {
		if t.kind == kind && t.id == id {
			return t
		}
	}
	return nil
}

// first returns the track of a kind with the lowest id, nil if there is none.
func (l tracks) first(kind flv.Kind) *track {
	for _, t := range l {
		if t.kind == kind {
			return t
		}
	}
	return nil
}

// of returns the track for media of a codec: if there is none, or it is of another codec, a fresh
// one, which keep makes one of the tracks. Until then nothing changes, so that a wrong frame does
// not cost what is known.
func (l tracks) of(c flv.Codec, id uint8) (*track, error) {
	if t := l.find(c.Kind(), id); t != nil && t.codec() == c {
		return t, nil
	}
	return newTrack(c, id)
}

// keep makes a track one of the tracks, and returns that. It goes on at the time of one that was
// there.
func (l *tracks) keep(t *track) *track {
	if t.kept {
		return t
	}
	t.kept = true
	if old := l.find(t.kind, t.id); old != nil {
		t.timeline = old.timeline
		*old = *t
		return old
	}
	*l = append(*l, t)
	slices.SortFunc(*l, func(a, b *track) int {
		if a.kind != b.kind {
			return int(b.kind) - int(a.kind)
		}
		return int(a.id) - int(b.id)
	})
	return t
}

// keepVideo keeps a track that has got a frame, unless the frame is a mistake: media of another
// codec than before must begin with what decoding can begin with.
func (l *tracks) keepVideo(t *track, f *videoFrame) (*track, error) {
	if t.kept {
		return t, nil
	}
	codec, old := t.video.Codec(), l.find(flv.Video, t.id)
	switch {
	case old == nil || !old.known():
	case f.fault != nil:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "video frame: %v", f.fault)
	case !f.Key || t.video.Record() == nil:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "a frame of %v where the frames before were %v, and not a key frame with its %s",
			codec, old.video.Codec(), parameters(codec))
	}
	return l.keep(t), nil
}

// unitTrack returns the track of a source's unit, with the configuration that the unit has.
func (l *tracks) unitTrack(u *flv.AccessUnit) (*track, error) {
	codec := u.Codec
	switch {
	case codec != flv.NoCodec:
	case u.Kind == flv.Video:
		codec = flv.H264
	default:
		codec = flv.AAC
	}
	t, err := l.of(codec, 0)
	if err != nil {
		return nil, err
	}
	if err := t.configure(u.Config); err != nil {
		return nil, err
	}
	return l.keep(t), nil // a source is not mistaken about its codec
}

// videoTrack returns the track of a pushed frame, with the configuration that comes with the frame.
func (l tracks) videoTrack(f *Frame, data []byte) (*track, error) {
	return l.pushedTrack(f, flv.Video, func() (flv.Codec, error) {
		codec, err := flv.Recognize(data)
		if err != nil {
			err = rtmperr.New(rtmperr.ErrInvalid, "video frame of %d bytes: %v", len(data), err)
		}
		return codec, err
	})
}

// audioTrack is the same for audio.
func (l tracks) audioTrack(f *Frame, data []byte) (*track, error) {
	return l.pushedTrack(f, flv.Audio, func() (flv.Codec, error) { return audioCodecOf(f.Config, data), nil })
}

// pushedTrack returns the track of a pushed frame. recognize says of which codec a track is that is
// not known yet, if the frame does not.
func (l tracks) pushedTrack(f *Frame, kind flv.Kind, recognize func() (flv.Codec, error)) (*track, error) {
	id, err := f.trackID()
	if err != nil {
		return nil, err
	}
	codec, err := f.codec(kind)
	if err != nil {
		return nil, err
	}
	t := l.find(kind, id)
	if codec == flv.NoCodec && t == nil {
		if codec, err = recognize(); err != nil {
			return nil, err
		}
	}
	if codec != flv.NoCodec {
		if t, err = l.of(codec, id); err != nil {
			return nil, err
		}
	}
	return t, t.configure(f.Config)
}

// audioCodecOf recognises what says itself what it is; the rest is AAC.
func audioCodecOf(config, frame []byte) flv.Codec {
	if len(config) > 0 {
		frame = config
	}
	if c, err := flv.RecognizeAudio(frame); err == nil {
		return c
	}
	return flv.AAC
}

// naluTrack returns track 0 for an access unit of H.264 or HEVC.
func (l tracks) naluTrack(nalus [][]byte) (*track, error) {
	t := l.find(flv.Video, 0)
	if t == nil {
		codec, err := flv.Recognize(byteStream(nalus))
		if err != nil {
			return nil, rtmperr.New(rtmperr.ErrInvalid, "video frame: %v", err)
		}
		if t, err = newTrack(codec, 0); err != nil {
			return nil, err
		}
	}
	if codec := t.video.Codec(); !codec.HasNALUs() {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "NAL units on a track of %v", codec)
	}
	return t, nil
}

// byteStream joins NAL units with start codes.
func byteStream(nalus [][]byte) []byte {
	var all []byte
	for _, n := range nalus {
		all = append(append(all, 0, 0, 0, 1), n...)
	}
	return all
}

// tagTrack returns the track of an FLV audio tag.
func (l tracks) tagTrack(tag *flv.AudioTag) (*track, error) {
	t, err := l.of(tag.Codec, tag.Track)
	if err != nil {
		return nil, err
	}
	if tag.Channels > 0 && tag.Channels != t.audio.Info().Channels { // G.711
		config, err := flv.G711Config(tag.SampleRate, tag.Channels)
		if err == nil {
			err = t.audio.SetConfig(config)
		}
		if err != nil {
			return nil, rtmperr.New(rtmperr.ErrInvalid, "audio frame: %v", err)
		}
	}
	return t, nil
}
