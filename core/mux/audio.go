package mux

import (
	"bytes"

	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// SendAudioFrame sends a pushed audio frame: one raw frame, or for AAC without a configuration ADTS frames.
func (m *Muxer) SendAudioFrame(data []byte, timestamp uint32, f Frame) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.audioTrack(&f, data)
	if err != nil {
		return err
	}
	if t.audio.Codec() != flv.AAC || len(f.Config) > 0 || !flv.IsADTS(data) {
		return m.sendAudio(t, data, timestamp)
	}
	w := &m.scratch
	frames, config, err := flv.SplitADTS(w.nalus[:0], data)
	w.nalus = frames
	if err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "audio frame: %v", err)
	}
	if err = t.configure(config); err != nil {
		return err
	}
	for i, frame := range frames {
		samples, rate := t.audio.Samples(frame)
		if err = m.sendAudio(t, frame, timestamp+uint32(i*samples*1000/rate)); err != nil {
			return err
		}
	}
	return nil
}

// audioTrack returns the track of a pushed frame, with the configuration that comes with the frame.
func (m *Muxer) audioTrack(f *Frame, data []byte) (*track, error) {
	id, err := trackID(f.Track)
	if err != nil {
		return nil, err
	}
	codec, err := f.codec(flv.Audio)
	if err != nil {
		return nil, err
	}
	t := m.find(flv.Audio, id)
	if codec == flv.NoCodec && t == nil {
		codec = audioCodecOf(f.Config, data)
	}
	if codec != flv.NoCodec {
		if t, err = m.track(codec, id); err != nil {
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

// SendAudioBody sends the body of an FLV audio tag, of any codec and in any form.
func (m *Muxer) SendAudioBody(body []byte, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	for tag, err := range flv.AudioTags(body) {
		if err == nil {
			err = m.sendAudioTag(&tag, timestamp)
		} else {
			err = rtmperr.New(rtmperr.ErrInvalid, "audio frame of %d bytes: %v", len(body), err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Muxer) sendAudioTag(tag *flv.AudioTag, timestamp uint32) error {
	t, err := m.track(tag.Codec, tag.Track)
	if err != nil {
		return err
	}
	if tag.Channels > 0 && tag.Channels != t.audio.Info().Channels { // G.711
		config, err := flv.G711Config(tag.SampleRate, tag.Channels)
		if err == nil {
			err = t.audio.SetConfig(config)
		}
		if err != nil {
			return rtmperr.New(rtmperr.ErrInvalid, "audio frame: %v", err)
		}
	}
	switch tag.PacketType {
	case flv.PacketFrame:
		return m.sendAudio(t, tag.Data, timestamp)
	case flv.PacketSequenceHeader:
		if len(tag.Data) == 0 && hasConfig(tag.Codec) {
			return rtmperr.New(rtmperr.ErrInvalid, "audio sequence header: %s", withoutConfig(tag.Codec))
		}
		if err = t.configure(tag.Data); err == nil {
			m.keep(t)
		}
	}
	if err == nil && !m.publishing() {
		err = ErrNotPublishing
	}
	return err // the header goes out with the next frame
}

// sendAudio sends one raw frame; m.mu is held.
func (m *Muxer) sendAudio(t *track, frame []byte, timestamp uint32) error {
	switch {
	case len(frame) == 0:
		return rtmperr.New(rtmperr.ErrInvalid, "audio frame: empty")
	case len(frame) > MaxFrame:
		return rtmperr.New(rtmperr.ErrOverflow, "audio frame of %d bytes, at most %d are possible", len(frame), MaxFrame)
	}
	if err := t.audio.Take(frame); err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "audio frame: %v", err)
	}
	if !t.audio.Ready() {
		return rtmperr.New(rtmperr.ErrInvalid, "%s", withoutConfig(t.audio.Codec()))
	}
	m.keep(t)
	t = m.find(flv.Audio, t.id)
	if m.publishing() && m.leavesOut(t) {
		return ErrAudioLeftOut
	}
	m.silence.heard = true
	if !m.publishing() {
		return ErrNotPublishing
	}
	if err := m.admit(t); err != nil {
		return err
	}
	if m.next.prepared && !m.hasVideo() { // there is no key frame to wait for
		m.switchOver()
		if err := m.admit(t); err != nil {
			return err
		}
	}
	at := m.nextTime(t, timestamp)
	if err := m.announceAudio(t, at); err != nil {
		return err
	}
	return m.send(flv.Audio, t.id, sendqueue.Audio, at, m.scratch.build.AudioFrame(t.form(m.Wants.LegacyHEVC), 0, frame))
}

// hasConfig tells the codecs that have a decoder configuration.
func hasConfig(c flv.Codec) bool { return c == flv.AAC || c == flv.Opus || c == flv.FLAC }

// withoutConfig says what is missing.
func withoutConfig(c flv.Codec) string {
	switch c {
	case flv.AAC:
		return "raw AAC without its AudioSpecificConfig: pass it with the first frame, or send ADTS"
	case flv.FLAC:
		return `FLAC without its configuration, "fLaC" and STREAMINFO: pass it with the first frame`
	}
	return "Opus without its configuration, OpusHead"
}

// hasVideo reports whether a key frame is to come.
func (m *Muxer) hasVideo() bool {
	if m.expect.Video != nil {
		return true
	}
	for _, t := range m.tracks {
		if t.kind == flv.Video && t.announced {
			return true
		}
	}
	return false
}

// announceAudio sends what has to stand before a frame and is not known to the server yet.
func (m *Muxer) announceAudio(t *track, at uint32) error {
	if !t.announced {
		if err := m.announceKnown(at); err != nil {
			return err
		}
	}
	record, info := t.audio.Record(), t.audio.Info()
	if info == t.progress.info && bytes.Equal(record, t.progress.record) {
		return nil
	}
	if err := m.sendMetadata(at); err != nil {
		return err
	}
	if err := m.send(flv.Audio, t.id, sendqueue.Header, at, m.scratch.build.SequenceStart(t.form(m.Wants.LegacyHEVC), record)); err != nil {
		return err
	}
	t.progress.record, t.progress.info = record, info
	return nil
}
