package mux

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// A frame is sent in three steps. Inspecting it finds out what it is, and keeps its parameter sets in
// its track. The gate decides whether it may go. The outlet emits it, and before it the metadata and
// sequence headers that the server does not have yet.

// SendVideoFrame sends a pushed access unit: H.264 and HEVC in Annex B form, the others as
// flv.AccessUnit.Data has them. timestamp is its decode time in ms.
func (m *Muxer) SendVideoFrame(data []byte, timestamp uint32, f Frame) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.media.tracks.videoTrack(&f, data)
	if err != nil {
		return err
	}
	in := videoInput{timestamp: timestamp, compositionTime: int64(f.CompositionTime), pushed: true}
	switch codec := t.video.Codec(); {
	case codec.HasNALUs():
		if in.parts, err = m.scratch.annexB(data); err != nil {
			return rtmperr.New(rtmperr.ErrInvalid, "video frame of %d bytes: %v", len(data), err)
		}
	case f.CompositionTime != 0:
		return rtmperr.New(rtmperr.ErrInvalid, "composition time %d ms: %v has none", f.CompositionTime, codec)
	default:
		in.parts = m.scratch.whole(data)
	}
	return m.sendVideo(t, in)
}

// SendNALUs sends an access unit of H.264 or HEVC in several buffers: NAL units, or Annex B.
func (m *Muxer) SendNALUs(buffers [][]byte, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	nalus, err := m.scratch.fromBuffers(buffers)
	if err != nil {
		return err
	}
	t, err := m.media.tracks.naluTrack(nalus)
	if err != nil {
		return err
	}
	return m.sendVideo(t, videoInput{parts: nalus, timestamp: timestamp, pushed: true})
}

// SendUnit sends an access unit of a source. timestamp is its decode time in ms.
func (m *Muxer) SendUnit(u *flv.AccessUnit, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.media.tracks.unitTrack(u)
	switch {
	case err != nil:
		return err
	case u.Kind == flv.Audio:
		return m.sendAudio(t, u.Data, timestamp)
	}
	if u.Anew { // as after a gap a key frame must come, whose leading pictures cannot be decoded
		t.keyFrame = false
		m.outlet.Out.Cut(t.id)
	}
	in := videoInput{parts: u.NALUs, timestamp: timestamp, compositionTime: milliseconds(u.PTS) - milliseconds(u.DTS)}
	if !t.video.Codec().HasNALUs() {
		in.parts, in.compositionTime = m.scratch.whole(u.Data), 0
	}
	return m.sendVideo(t, in)
}

// Learn takes what can be learnt from a unit of a source that is not sent, and reports whether it
// is a key frame.
func (m *Muxer) Learn(u *flv.AccessUnit) (key bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.media.tracks.unitTrack(u)
	if err != nil || u.Kind == flv.Audio { // if the configuration is broken, the units that need it will say so
		return false
	}
	parts := u.NALUs
	if !t.video.Codec().HasNALUs() {
		parts = m.scratch.whole(u.Data)
	}
	unit, _ := t.video.Take(parts)
	t.video.Forget()
	return unit.Key
}

// SendAudioFrame sends a pushed audio frame: one raw frame, or for AAC without a configuration ADTS
// frames.
func (m *Muxer) SendAudioFrame(data []byte, timestamp uint32, f Frame) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.media.tracks.audioTrack(&f, data)
	if err != nil {
		return err
	}
	if t.audio.Codec() != flv.AAC || len(f.Config) > 0 || !flv.IsADTS(data) {
		return m.sendAudio(t, data, timestamp)
	}
	frames, config, err := m.scratch.adts(data)
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

// sendAudioTag sends the frame of a tag. Its sequence header goes out with the next frame.
func (m *Muxer) sendAudioTag(tag *flv.AudioTag, timestamp uint32) error {
	t, err := m.media.tracks.tagTrack(tag)
	if err != nil {
		return err
	}
	switch tag.PacketType {
	case flv.PacketFrame:
		return m.sendAudio(t, tag.Data, timestamp)
	case flv.PacketSequenceHeader:
		if len(tag.Data) == 0 && hasConfig(tag.Codec) {
			return rtmperr.New(rtmperr.ErrInvalid, "audio sequence header: %s", withoutConfig(tag.Codec))
		}
		if err = t.configure(tag.Data); err != nil {
			return err
		}
		m.media.tracks.keep(t)
	}
	if !m.outlet.publishing() {
		return ErrNotPublishing
	}
	return nil
}

// forget lets go of the frame that was sent: it is the caller's memory, perhaps not even Go's. It
// must be called with m.mu held.
func (m *Muxer) forget() {
	m.scratch.forget()
	m.outlet.build.Forget()
}

// sendVideo sends one access unit. It must be called with m.mu held.
func (m *Muxer) sendVideo(t *track, in videoInput) error {
	defer t.video.Forget()
	f := inspectVideo(t, in)
	m.warnOfFaults(t, &f)
	t, err := m.media.tracks.keepVideo(t, &f)
	if err != nil {
		return err
	}
	if f.Frames > 0 && t.held.some() {
		f.Parts = m.scratch.join(t.video.Codec(), t.held.take(), f.Parts)
	}
	if err = f.check(t.video.Codec()); err != nil {
		if f.Frames > 0 && !f.Disposable {
			t.keyFrame = false // frames that refer to this one cannot be decoded
		}
		return err
	}
	if sends, err := m.gateVideo(t, &f); !sends || err != nil {
		return err
	}
	return m.outlet.emitVideo(t, &f, m.config.Clock())
}

// gateVideo decides what becomes of an access unit that is good: it reports whether it is to be
// sent now. What holds no frame waits for the next one that does; what cannot be decoded is
// dropped. It must be called with m.mu held.
func (m *Muxer) gateVideo(t *track, f *videoFrame) (sends bool, err error) {
	switch {
	case !m.outlet.publishing():
		return false, ErrNotPublishing
	case len(f.Parts) == 0:
		return false, nil // parameter sets alone: they go out with the next frame
	case f.Frames == 0:
		t.held.add(f.Parts)
		return false, nil
	}
	if err = m.outlet.admit(t); err != nil {
		return false, err
	}
	size := uint64(sendqueue.Size(f.Parts))
	if !f.Key && (!t.keyFrame || f.Leading && t.cut) {
		m.config.Dropped(1, size)
		return false, nil
	}
	if t.video.Record() == nil {
		m.config.Dropped(1, size)
		return false, f.withoutParameters(t.video.Codec())
	}
	if f.Key && m.next.prepared {
		m.switchLocked()
		err = m.outlet.admit(t)
	}
	return err == nil, err
}

// sendAudio sends one raw frame. It must be called with m.mu held.
func (m *Muxer) sendAudio(t *track, frame []byte, timestamp uint32) error {
	if err := inspectAudio(t, frame); err != nil {
		return err
	}
	t = m.media.tracks.keep(t)
	if err := m.gateAudio(t); err != nil {
		return err
	}
	return m.outlet.emitAudio(t, frame, timestamp, m.config.Clock())
}

// gateAudio returns why a good frame is not sent, nil if it is. It must be called with m.mu held.
func (m *Muxer) gateAudio(t *track) error {
	if m.outlet.publishing() && m.outlet.leavesOut(t) {
		return ErrAudioLeftOut
	}
	m.media.audio = audioHeard
	if !m.outlet.publishing() {
		return ErrNotPublishing
	}
	if err := m.outlet.admit(t); err != nil {
		return err
	}
	if m.next.prepared && !m.media.hasVideo() { // there is no key frame to wait for
		m.switchLocked()
		return m.outlet.admit(t)
	}
	return nil
}

// warnOfFaults warns once of a fault in an access unit that is sent nevertheless: encoders repeat
// their parameter sets with each key frame.
func (m *Muxer) warnOfFaults(t *track, f *videoFrame) {
	switch {
	case f.badSet != nil && !m.warned.badSet:
		m.warned.badSet = true
		m.config.Warn("a parameter set cannot be read; the frame is sent", "codec", t.video.Codec(), "why", f.badSet)
	case f.damage != nil && !m.warned.damage:
		m.warned.damage = true
		m.config.Warn("a NAL unit is left out of its frame", "codec", t.video.Codec(), "why", f.damage)
	}
}
