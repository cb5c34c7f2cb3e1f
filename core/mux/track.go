package mux

import (
	"slices"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/internal/brief"
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
	admitted  bool   // the server takes it
	leftOut   bool   // the server does not take it, and the video goes alone
	announced bool   // the sequence start was sent
	headerAt  uint32 // its timestamp
	record    []byte
	info      flv.AudioInfo
	color     *flv.Color
	keyFrame  bool // pictures wait for the first key frame
	cut       bool // the last key frame followed on nothing: its leading pictures cannot be decoded
	held      heldUnits
}

// Frame says what a frame is that is pushed.
type Frame struct {
	// Codec is a name of flv.Codec. "" is the codec of the track's frames before. At its first frame the codec of video is then
	// recognised, if it is H.264, HEVC or AV1; audio is AAC. Another codec than before begins the track anew.
	Codec string

	// Track is the track id, 0 to 255. All others than 0 need a server that takes several tracks.
	Track int

	// CompositionTime is the presentation time minus the decode time in ms, -8388608 to 8388607; only H.264 and HEVC have it.
	CompositionTime int32

	// Config is the decoder configuration, see flv.AccessUnit; empty: the one before, or what is in the frames.
	Config []byte
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

// find returns a track, nil if nothing is known of it.
func (m *Muxer) find(kind flv.Kind, id uint8) *track {
	for _, t := range m.tracks {
		if t.kind == kind && t.id == id {
			return t
		}
	}
	return nil
}

// first returns the track of a kind with the lowest id, nil if there is none.
func (m *Muxer) first(kind flv.Kind) *track {
	for _, t := range m.tracks {
		if t.kind == kind {
			return t
		}
	}
	return nil
}

// track returns the track for media of a codec: a fresh one, which keep makes the track, if there is none or it is of
// another codec. Until then nothing changes, so that a wrong frame does not cost what is known.
func (m *Muxer) track(c flv.Codec, id uint8) (*track, error) {
	if t := m.find(c.Kind(), id); t != nil && t.codec() == c {
		return t, nil
	}
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

// keep makes a track one of the muxer's. It goes on at the time of one that was there.
func (m *Muxer) keep(t *track) {
	if t.kept {
		return
	}
	t.kept = true
	if old := m.find(t.kind, t.id); old != nil {
		t.timeline = old.timeline
		*old = *t
		return
	}
	m.tracks = append(m.tracks, t)
	slices.SortFunc(m.tracks, func(a, b *track) int {
		if a.kind != b.kind {
			return int(b.kind) - int(a.kind)
		}
		return int(a.id) - int(b.id)
	})
}

// trackOf returns the track of a source's unit, with the configuration that the unit has.
func (m *Muxer) trackOf(u *flv.AccessUnit) (*track, error) {
	codec := u.Codec
	switch {
	case codec != flv.NoCodec:
	case u.Kind == flv.Video:
		codec = flv.H264
	default:
		codec = flv.AAC
	}
	t, err := m.track(codec, 0)
	if err != nil {
		return nil, err
	}
	if err := t.configure(u.Config); err != nil {
		return nil, err
	}
	m.keep(t) // a source is not mistaken about its codec
	return m.find(u.Kind, 0), nil
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

// form returns how bodies of the track are written. The old forms are those that every server knows.
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

// announceKnown sends onMetaData, and the sequence headers of all tracks that are known and not announced yet, video first: decoders
// and servers learn of all tracks before the first frame. It must be called with m.mu held.
func (m *Muxer) announceKnown(at uint32) error {
	if err := m.sendMetadata(at); err != nil {
		return err
	}
	for _, t := range m.tracks {
		form := t.form(m.Wants.LegacyHEVC)
		if t.announced || !t.known() || m.supports(form) != nil {
			continue
		}
		record := t.record()
		if err := m.send(t.kind, t.id, sendqueue.Header, at, m.scratch.build.SequenceStart(form, record)); err != nil {
			return err
		}
		t.announced, t.headerAt, t.progress.record = true, at, record
		if t.kind == flv.Audio {
			t.progress.info = t.audio.Info()
		}
	}
	return nil
}

// record returns the decoder configuration, nil if the codec has none or it is not known.
func (t *track) record() []byte {
	if t.kind == flv.Video {
		return t.video.Record()
	}
	return t.audio.Record()
}

// endSequences tells the server that the tracks end, those whose form has a FourCC: old servers do not expect it of the
// others. m.mu is held.
func (m *Muxer) endSequences() {
	for _, t := range m.tracks {
		form := t.form(m.Wants.LegacyHEVC)
		if !t.announced || !form.HasFourCC() {
			continue
		}
		at := t.lastOut
		if !t.started {
			at = t.headerAt
		}
		if m.send(t.kind, t.id, sendqueue.Header, at, m.scratch.build.SequenceEnd(form)) != nil {
			return // the connection is gone
		}
	}
}
