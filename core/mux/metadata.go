package mux

import (
	"bytes"
	"cmp"
	"strconv"
	"sync"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

const (
	// audioSampleSize is what onMetaData says of all audio, as other publishers do: the size of
	// samples that are not compressed.
	audioSampleSize = 16

	maxMetadataFields = 64
	maxMetadataText   = 4 << 10
)

// userFields are the fields of onMetaData that the user set.
type userFields struct {
	mu     sync.Mutex
	fields amf.ECMAArray
}

// set stores one field; value is a float64, a string or a bool.
func (u *userFields) set(name string, value amf.Value) error {
	if text, ok := value.(string); name == "" || len(name) > maxMetadataText || ok && len(text) > maxMetadataText {
		return rtmperr.New(rtmperr.ErrInvalid, "metadata: names have 1 to %d bytes, texts at most as many", maxMetadataText)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range u.fields {
		if u.fields[i].Name == name {
			u.fields[i].Value = value
			return nil
		}
	}
	if len(u.fields) >= maxMetadataFields {
		return rtmperr.New(rtmperr.ErrOverflow, "metadata: %d fields, more are not possible", len(u.fields))
	}
	u.fields = append(u.fields, amf.Property{Name: name, Value: value})
	return nil
}

func (u *userFields) clear() {
	u.mu.Lock()
	u.fields = nil
	u.mu.Unlock()
}

// over returns known with the user's fields put over it.
func (u *userFields) over(known amf.ECMAArray) amf.ECMAArray {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range u.fields {
		found := false
		for i := range known {
			if known[i].Name == f.Name {
				known[i].Value, found = f.Value, true
			}
		}
		if !found {
			known = append(known, f)
		}
	}
	return known
}

// sendMetadata sends onMetaData when it says something new.
func (o *outlet) sendMetadata(timestamp uint32) error {
	values := &message.Data{Values: []amf.Value{"@setDataFrame", "onMetaData", o.user.over(o.knownMetadata())}}
	body, err := values.AppendBody(nil)
	if err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "metadata: %v", err)
	}
	if bytes.Equal(body, o.metadata) {
		return nil
	}
	if err = o.Out.Send(o.header(values.Type(), timestamp), sendqueue.Header, 0, o.now, [][]byte{body}); err != nil {
		return err
	}
	o.metadata = body
	return nil
}

// knownMetadata is what is known of the media, and nothing that is guessed. FLV 10.1, E.5; Enhanced
// RTMP v2, "Enhancing onMetaData": the fields describe the first tracks, and maps by track id all
// tracks but 0.
func (o *outlet) knownMetadata() amf.ECMAArray {
	var fields fieldList
	fields.number("duration", o.media.expect.Duration.Seconds())
	if info, ok := o.media.videoInfo(); ok {
		if info.Width > 0 && info.Height > 0 {
			fields.number("width", float64(info.Width))
			fields.number("height", float64(info.Height))
		}
		fields.number("framerate", info.FrameRate)
		fields.add("videocodecid", o.codecID(flv.Video, info.Codec))
		fields.number("videodatarate", o.media.expect.VideoRate)
	}
	if info, ok := o.audioInfo(); ok {
		fields.add("audiocodecid", o.codecID(flv.Audio, info.Codec))
		fields.number("audiosamplerate", float64(info.SampleRate))
		if info.Channels > 0 {
			fields.number("audiochannels", float64(info.Channels))
			fields.add("stereo", info.Channels > 1)
		}
		fields.add("audiosamplesize", float64(audioSampleSize))
		if !o.silent() {
			fields.number("audiodatarate", o.media.expect.AudioRate)
		}
	}
	if tracks := o.trackMap(flv.Video); tracks != nil {
		fields.add("videoTrackIdInfoMap", tracks)
	}
	if tracks := o.trackMap(flv.Audio); tracks != nil {
		fields.add("audioTrackIdInfoMap", tracks)
	}
	fields.add("encoder", o.encoder)
	return amf.ECMAArray(fields)
}

// fieldList is what onMetaData is made of.
type fieldList []amf.Property

func (l *fieldList) add(name string, value amf.Value) {
	*l = append(*l, amf.Property{Name: name, Value: value})
}

// number adds what is known of a number: nothing if it is 0.
func (l *fieldList) number(name string, value float64) {
	if value > 0 {
		l.add(name, value)
	}
}

// codecID is that of the first track of a kind, or of what is expected of it.
func (o *outlet) codecID(kind flv.Kind, c flv.Codec) float64 {
	form := formOf(c, o.Wants.LegacyHEVC)
	if t := o.media.tracks.first(kind); t != nil {
		form.Track = t.id
	}
	return float64(form.CodecID())
}

// trackMap describes the tracks of a kind but for track 0, nil if there are none.
func (o *outlet) trackMap(kind flv.Kind) amf.Object {
	var all amf.Object
	for _, t := range o.media.tracks {
		if t.kind != kind || t.id == 0 || !t.known() || o.leavesOutForm(o.form(t)) {
			continue
		}
		all = append(all, amf.Property{Name: strconv.Itoa(int(t.id)), Value: t.describe(o.Wants.LegacyHEVC)})
	}
	return all
}

// describe returns what is known of a track, by the names of Enhanced RTMP v2.
func (t *track) describe(legacyHEVC bool) amf.Object {
	var fields fieldList
	id := float64(t.form(legacyHEVC).CodecID())
	if t.kind == flv.Video {
		info := t.video.Info()
		fields.number("width", float64(info.Width))
		fields.number("height", float64(info.Height))
		fields.number("framerate", info.FrameRate)
		fields.number("videocodecid", id)
	} else {
		info := t.audio.Info()
		fields.number("channels", float64(info.Channels))
		fields.number("samplerate", float64(info.SampleRate))
		fields.number("audiocodecid", id)
	}
	return amf.Object(fields)
}

// expectsAudio reports whether the source has audio that the server takes.
func (o *outlet) expectsAudio() bool {
	return o.media.expect.Audio != nil && !o.leavesOutForm(formOf(cmp.Or(o.media.expect.Audio.Codec, flv.AAC), o.Wants.LegacyHEVC))
}

// audioInfo is the same for audio, the silent track included.
func (o *outlet) audioInfo() (flv.AudioInfo, bool) {
	var info flv.AudioInfo
	t := o.media.tracks.first(flv.Audio)
	switch known := t != nil && t.known() && !o.leavesOutForm(o.form(t)); {
	case known && !o.silent():
		info = t.audio.Info()
	case o.silent():
		info = silenceInfo()
	case o.expectsAudio():
		info = *o.media.expect.Audio
	default:
		return info, false
	}
	info.Codec = cmp.Or(info.Codec, flv.AAC)
	return info, true
}
