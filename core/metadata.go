package core

import (
	"bytes"
	"sync"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
)

const (
	encoderName = "luat-rtmp/" + Version

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
		return failure(ErrInvalid, "metadata: names have 1 to %d bytes, texts at most as many", maxMetadataText)
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
		return failure(ErrOverflow, "metadata: %d fields, more are not possible", len(m.fields))
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

// sendMetadata sends onMetaData when it says something new; m.mu is held.
func (m *muxer) sendMetadata(timestamp uint32) error {
	values := &message.Data{Values: []amf.Value{"@setDataFrame", "onMetaData", m.metadata.over(m.knownMetadata())}}
	body, err := values.AppendBody(nil)
	if err != nil {
		return failure(ErrInvalid, "metadata: %v", err)
	}
	if bytes.Equal(body, m.metadataSent) {
		return nil
	}
	h := chunk.Header{
		ChunkStreamID: message.DataChunkStream, Timestamp: timestamp,
		Type: uint8(values.Type()), StreamID: m.streamID,
	}
	if _, err = m.out.send(h, classHeader, body); err != nil {
		return err
	}
	m.metadataSent = body
	return nil
}

// resendMetadata sends what the user changed, when something was sent before.
func (m *muxer) resendMetadata() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == nil || m.metadataSent == nil {
		return nil
	}
	return m.sendMetadata(later(m.videoTimeline.lastOut, m.audioTimeline.lastOut))
}

// Codec ids of onMetaData. FLV 10.1, E.4.2.1 and E.4.3.1.
const (
	codecIDAVC = 7.0
	codecIDAAC = 10.0
)

// knownMetadata is what is known of the media, and nothing that is guessed. FLV 10.1, E.5.
func (m *muxer) knownMetadata() amf.ECMAArray {
	var fields amf.ECMAArray
	add := func(name string, value amf.Value) {
		fields = append(fields, amf.Property{Name: name, Value: value})
	}
	if info, ok := m.videoInfo(); ok {
		if info.Width > 0 && info.Height > 0 {
			add("width", float64(info.Width))
			add("height", float64(info.Height))
		}
		if info.FrameRate > 0 {
			add("framerate", info.FrameRate)
		}
		add("videocodecid", codecIDAVC)
	}
	if info, ok := m.audioInfo(); ok {
		add("audiocodecid", codecIDAAC)
		if info.SampleRate > 0 {
			add("audiosamplerate", float64(info.SampleRate))
		}
		if info.Channels > 0 {
			add("audiochannels", float64(info.Channels))
			add("stereo", info.Channels > 1)
		}
	}
	add("encoder", encoderName)
	return fields
}

// videoInfo is what the stream itself says of its video, completed by what the source says; false without video.
func (m *muxer) videoInfo() (flv.VideoInfo, bool) {
	switch {
	case m.avc.Record() == nil && m.expect.video == nil:
		return flv.VideoInfo{}, false
	case m.avc.Record() == nil:
		return *m.expect.video, true
	}
	info := m.avc.Info()
	if info.FrameRate == 0 && m.expect.video != nil {
		info.FrameRate = m.expect.video.FrameRate
	}
	return info, true
}

func (m *muxer) audioInfo() (flv.AudioInfo, bool) {
	switch {
	case m.asc != nil:
		return m.audio, true
	case m.expect.audio != nil:
		return *m.expect.audio, true
	}
	return flv.AudioInfo{}, false
}
