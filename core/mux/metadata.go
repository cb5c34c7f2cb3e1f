package mux

import (
	"bytes"
	"cmp"
	"strconv"
	"sync"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
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

// metadata holds the fields of onMetaData that the user set.
type metadata struct {
	mu     sync.Mutex
	fields amf.ECMAArray
}

// set stores one field; value is a float64, a string or a bool.
func (m *metadata) set(name string, value amf.Value) error {
	if text, ok := value.(string); name == "" || len(name) > maxMetadataText || ok && len(text) > maxMetadataText {
		return rtmperr.New(rtmperr.ErrInvalid, "metadata: names have 1 to %d bytes, texts at most as many", maxMetadataText)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.fields {
		if m.fields[i].Name == name {
			m.fields[i].Value = value
			return nil
		}
	}
	if len(m.fields) >= maxMetadataFields {
		return rtmperr.New(rtmperr.ErrOverflow, "metadata: %d fields, more are not possible", len(m.fields))
	}
	m.fields = append(m.fields, amf.Property{Name: name, Value: value})
	return nil
}

func (m *metadata) clear() {
	m.mu.Lock()
	m.fields = nil
	m.mu.Unlock()
}

// over returns known with the user's fields put over it.
func (m *metadata) over(known amf.ECMAArray) amf.ECMAArray {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.fields {
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

// sendMetadata sends onMetaData when it says something new. It must be called with
// m.mu held.
func (m *Muxer) sendMetadata(timestamp uint32) error {
	values := &message.Data{Values: []amf.Value{"@setDataFrame", "onMetaData", m.metadata.over(m.knownMetadata())}}
	body, err := values.AppendBody(nil)
	if err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "metadata: %v", err)
	}
	if bytes.Equal(body, m.metadataSent) {
		return nil
	}
	h := chunk.Header{
		ChunkStreamID: message.DataChunkStream, Timestamp: timestamp,
		Type: uint8(values.Type()), StreamID: m.StreamID,
	}
	if err = m.Out.Send(h, sendqueue.Header, 0, m.now, [][]byte{body}); err != nil {
		return err
	}
	m.metadataSent = body
	return nil
}

// SetMetadata sets one extra field of onMetaData: a float64, a string or a bool. It goes out with the
// next onMetaData.
func (m *Muxer) SetMetadata(name string, value amf.Value) error { return m.metadata.set(name, value) }

// ClearMetadata forgets the extra fields.
func (m *Muxer) ClearMetadata() { m.metadata.clear() }

// ResendMetadata sends what the user changed, when something was sent before.
func (m *Muxer) ResendMetadata() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.publishing() || m.metadataSent == nil {
		return nil
	}
	m.now = m.config.Clock()
	return m.sendMetadata(m.latest())
}

// knownMetadata is what is known of the media, and nothing that is guessed. FLV 10.1, E.5; Enhanced
// RTMP v2, "Enhancing onMetaData": the fields describe the first tracks, and maps by track id all
// tracks but 0.
func (m *Muxer) knownMetadata() amf.ECMAArray {
	var fields fieldList
	fields.number("duration", m.expect.Duration.Seconds())
	if info, ok := m.videoInfo(); ok {
		if info.Width > 0 && info.Height > 0 {
			fields.number("width", float64(info.Width))
			fields.number("height", float64(info.Height))
		}
		fields.number("framerate", info.FrameRate)
		fields.add("videocodecid", m.codecID(flv.Video, info.Codec))
		fields.number("videodatarate", m.expect.VideoRate)
	}
	if info, ok := m.audioInfo(); ok {
		fields.add("audiocodecid", m.codecID(flv.Audio, info.Codec))
		fields.number("audiosamplerate", float64(info.SampleRate))
		if info.Channels > 0 {
			fields.number("audiochannels", float64(info.Channels))
			fields.add("stereo", info.Channels > 1)
		}
		fields.add("audiosamplesize", float64(audioSampleSize))
		if !m.silent() {
			fields.number("audiodatarate", m.expect.AudioRate)
		}
	}
	if tracks := m.trackMap(flv.Video); tracks != nil {
		fields.add("videoTrackIdInfoMap", tracks)
	}
	if tracks := m.trackMap(flv.Audio); tracks != nil {
		fields.add("audioTrackIdInfoMap", tracks)
	}
	fields.add("encoder", m.config.Encoder)
	return amf.ECMAArray(fields)
}

// fieldList is what onMetaData is made of. Its methods are called often and rarely run: inlined
// they would be large.
type fieldList []amf.Property

//go:noinline
func (l *fieldList) add(name string, value amf.Value) {
	*l = append(*l, amf.Property{Name: name, Value: value})
}

// number adds what is known of a number: nothing if it is 0.
//
//go:noinline
func (l *fieldList) number(name string, value float64) {
	if value > 0 {
		l.add(name, value)
	}
}

// codecID is that of the first track of a kind, or of what is expected of it.
func (m *Muxer) codecID(kind flv.Kind, c flv.Codec) float64 {
	form := formOf(c, m.Wants.LegacyHEVC)
	if t := m.first(kind); t != nil {
		form.Track = t.id
	}
	return float64(form.CodecID())
}

// trackMap describes the tracks of a kind but for track 0, nil if there are none.
func (m *Muxer) trackMap(kind flv.Kind) amf.Object {
	var all amf.Object
	for _, t := range m.tracks {
		if t.kind != kind || t.id == 0 || !t.known() || m.leavesOutForm(t.form(m.Wants.LegacyHEVC)) {
			continue
		}
		all = append(all, amf.Property{Name: strconv.Itoa(int(t.id)), Value: t.describe(m.Wants.LegacyHEVC)})
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

// known reports whether enough is known of a track to describe it.
func (t *track) known() bool {
	if t.kind == flv.Video {
		return t.video.Record() != nil
	}
	return t.audio.Ready()
}

// videoInfo is what the first video track says itself, completed by what the source says; false
// without video.
func (m *Muxer) videoInfo() (flv.VideoInfo, bool) {
	var info flv.VideoInfo
	t := m.first(flv.Video)
	switch known := t != nil && t.known(); {
	case !known && m.expect.Video == nil:
		return info, false
	case !known:
		info = *m.expect.Video
	default:
		info = t.video.Info()
		if info.FrameRate == 0 && m.expect.Video != nil {
			info.FrameRate = m.expect.Video.FrameRate
		}
	}
	if info.Codec == flv.NoCodec {
		info.Codec = flv.H264
	}
	return info, true
}

// expectsAudio reports whether the source has audio that the server takes.
func (m *Muxer) expectsAudio() bool {
	return m.expect.Audio != nil && !m.leavesOutForm(formOf(cmp.Or(m.expect.Audio.Codec, flv.AAC), m.Wants.LegacyHEVC))
}

// audioInfo is the same for audio, the silent track included.
func (m *Muxer) audioInfo() (flv.AudioInfo, bool) {
	var info flv.AudioInfo
	t := m.first(flv.Audio)
	switch known := t != nil && t.known() && !m.leavesOutForm(t.form(m.Wants.LegacyHEVC)); {
	case known && !m.silent():
		info = t.audio.Info()
	case m.silent():
		info = silenceInfo
	case m.expectsAudio():
		info = *m.expect.Audio
	default:
		return info, false
	}
	if info.Codec == flv.NoCodec {
		info.Codec = flv.AAC
	}
	return info, true
}
