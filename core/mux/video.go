package mux

import (
	"bytes"
	"errors"
	"fmt"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
)

// SendVideoFrame sends a pushed access unit: H.264 and HEVC in Annex B form, the others as flv.AccessUnit.Data has them.
func (m *Muxer) SendVideoFrame(data []byte, timestamp uint32, f Frame) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.videoTrack(&f, data)
	if err != nil {
		return err
	}
	codec := t.video.Codec()
	parts := [][]byte(nil)
	switch {
	case codec.HasNALUs():
		w := &m.scratch
		if w.nalus, err = flv.SplitAnnexB(w.nalus[:0], data); err != nil {
			return rtmperr.New(rtmperr.ErrInvalid, "video frame of %d bytes: %v", len(data), err)
		}
		parts = w.nalus
	case f.CompositionTime != 0:
		return rtmperr.New(rtmperr.ErrInvalid, "composition time %d ms: %v has none", f.CompositionTime, codec)
	default:
		parts = m.whole(data)
	}
	return m.sendVideo(t, parts, timestamp, int64(f.CompositionTime), true)
}

// SendNALUs sends an access unit of H.264 or HEVC in several buffers: NAL units, or Annex B.
func (m *Muxer) SendNALUs(buffers [][]byte, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	w := &m.scratch
	w.nalus = w.nalus[:0]
	for i, b := range buffers {
		whole, err := flv.SplitAnnexB(w.nalus, b)
		if err != nil { // no start code: one NAL unit
			if len(b) == 0 || b[0] == 0 {
				return rtmperr.New(rtmperr.ErrInvalid, "video frame: buffer %d is neither a NAL unit nor in Annex B form", i)
			}
			whole = append(w.nalus, b)
		}
		w.nalus = whole
	}
	if len(w.nalus) == 0 {
		return rtmperr.New(rtmperr.ErrInvalid, "video frame: %d buffers without a NAL unit", len(buffers))
	}
	t := m.find(flv.Video, 0)
	if t == nil {
		codec, err := flv.Recognize(byteStream(w.nalus))
		if err != nil {
			return rtmperr.New(rtmperr.ErrInvalid, "video frame: %v", err)
		}
		if t, err = m.track(codec, 0); err != nil {
			return err
		}
	}
	if codec := t.video.Codec(); !codec.HasNALUs() {
		return rtmperr.New(rtmperr.ErrInvalid, "NAL units on a track of %v", codec)
	}
	return m.sendVideo(t, w.nalus, timestamp, 0, true)
}

// byteStream joins NAL units with start codes.
func byteStream(nalus [][]byte) []byte {
	var all []byte
	for _, n := range nalus {
		all = append(append(all, 0, 0, 0, 1), n...)
	}
	return all
}

// videoTrack returns the track of a pushed frame, with the configuration that comes with the frame.
func (m *Muxer) videoTrack(f *Frame, data []byte) (*track, error) {
	id, err := trackID(f.Track)
	if err != nil {
		return nil, err
	}
	codec, err := f.codec(flv.Video)
	if err != nil {
		return nil, err
	}
	t := m.find(flv.Video, id)
	if codec == flv.NoCodec && t == nil {
		if codec, err = flv.Recognize(data); err != nil {
			return nil, rtmperr.New(rtmperr.ErrInvalid, "video frame of %d bytes: %v", len(data), err)
		}
	}
	if codec != flv.NoCodec {
		if t, err = m.track(codec, id); err != nil {
			return nil, err
		}
	}
	return t, t.configure(f.Config)
}

func trackID(id int) (uint8, error) {
	if id < 0 || id > 255 {
		return 0, rtmperr.New(rtmperr.ErrInvalid, "track %d, expected 0 to 255", id)
	}
	return uint8(id), nil
}

// sendVideo sends one access unit. What holds no frame goes out with the next one that does. Of what a
// user pushes, several frames in one access unit are an error: they have one timestamp, and decoders
// take the first one only. It must be called with m.mu held.
func (m *Muxer) sendVideo(t *track, parts [][]byte, timestamp uint32, compositionTime int64, pushed bool) error {
	unit, err := t.video.Take(parts)
	defer t.video.Forget()
	var badSet error // of parameter sets that are left out, or kept without their VUI: the frame goes
	switch {
	case errors.Is(err, flv.ErrBadParameterSet) && len(unit.Parts) > 0:
		badSet, err = err, nil
		m.warnOnce(&m.warnedOfSet, "a parameter set cannot be read; the frame is sent", t, badSet)
	case errors.Is(err, flv.ErrBadNALUnit) && unit.Frames > 0: // the rest of the frame goes
		m.warnOnce(&m.warnedOfDamage, "a NAL unit is left out of its frame", t, err)
		err = nil
	}
	if pushed && err == nil && unit.Frames > 1 {
		err = fmt.Errorf("%d frames in one access unit, expected one: each goes by itself, with its own timestamp", unit.Frames)
	}
	if t, err = m.keepVideo(t, unit.Key, err); t == nil {
		return err
	}
	if unit.Frames > 0 && len(t.held.ends) > 0 {
		w := &m.scratch
		w.joined = t.video.Codec().JoinUnits(w.joined[:0], t.held.take(), unit.Parts)
		unit.Parts = w.joined
	}
	size := sendqueue.Size(unit.Parts)
	whole := size
	if t.video.Codec().HasNALUs() {
		whole += lengthSize * len(unit.Parts)
	}
	switch {
	case err != nil:
		err = rtmperr.New(rtmperr.ErrInvalid, "video frame: %v", err)
	case whole > MaxFrame:
		err = rtmperr.New(rtmperr.ErrOverflow, "video frame of %d bytes, at most %d are possible", whole, MaxFrame)
	case compositionTime < -flv.MaxCompositionTime-1 || compositionTime > flv.MaxCompositionTime:
		err = rtmperr.New(rtmperr.ErrInvalid, "composition time %d ms, FLV has 24 bits for it", compositionTime)
	}
	if err != nil {
		if unit.Frames > 0 && !unit.Disposable {
			t.keyFrame = false // pictures that refer to this one cannot be decoded
		}
		return err
	}
	if !m.publishing() {
		return ErrNotPublishing
	}
	if len(unit.Parts) == 0 {
		return nil // parameter sets alone: they go out with the next picture
	}
	if unit.Frames == 0 {
		t.held.add(unit.Parts)
		return nil
	}
	if err := m.admit(t); err != nil {
		return err
	}
	if !unit.Key && (!t.keyFrame || unit.Leading && t.cut) {
		m.config.Dropped(1, uint64(size))
		return nil
	}
	if t.video.Record() == nil {
		m.config.Dropped(1, uint64(size))
		if badSet != nil {
			return rtmperr.New(rtmperr.ErrInvalid, "key frame without %s: %v", parameters(t.video.Codec()), badSet)
		}
		return rtmperr.New(rtmperr.ErrInvalid, "key frame without %s: send them in front of it, in the same access unit", parameters(t.video.Codec()))
	}
	if unit.Key && m.next.prepared {
		m.switchOver()
		if err := m.admit(t); err != nil {
			return err
		}
	}
	at := m.nextTime(t, timestamp)
	c, form := pictureClass(unit), t.form(m.Wants.LegacyHEVC)
	if err := m.announceVideo(t, form, at, unit.Key); err != nil {
		return err
	}
	if err := m.fillSilence(at); err != nil {
		return err
	}
	if unit.Key {
		t.keyFrame, t.cut = true, !t.keyFrame
	}
	picture := flv.Picture{Key: unit.Key, CompositionTime: int32(compositionTime)}
	return m.send(flv.Video, t.id, c, at, m.scratch.build.VideoFrame(form, picture, unit.Parts))
}

// warnOnce warns of a fault in an access unit that is sent nevertheless, unless it has warned of such a one already: encoders
// repeat their parameter sets with each key frame.
func (m *Muxer) warnOnce(warned *bool, text string, t *track, fault error) {
	if !*warned {
		*warned = true
		m.config.Warn(text, "codec", t.video.Codec(), "why", fault)
	}
}

func pictureClass(u flv.VideoUnit) sendqueue.Priority {
	switch {
	case u.Key:
		return sendqueue.KeyFrame
	case u.Leading && u.Disposable:
		return sendqueue.LeadingDisposable
	case u.Leading:
		return sendqueue.Leading
	case u.Disposable:
		return sendqueue.Disposable
	}
	return sendqueue.InterFrame
}

// keepVideo returns the muxer's own track for one that has taken a frame, or nil and what is wrong: media of another codec
// must begin with what decoding can begin with, for it is a mistake otherwise.
func (m *Muxer) keepVideo(t *track, key bool, err error) (*track, error) {
	if t.kept {
		return t, err
	}
	codec, old := t.video.Codec(), m.find(flv.Video, t.id)
	switch {
	case old == nil || !old.known():
	case err != nil:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "video frame: %v", err)
	case !key || t.video.Record() == nil:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "a frame of %v where the frames before were %v, and not a key frame with its %s",
			codec, old.video.Codec(), parameters(codec))
	}
	m.keep(t)
	return m.find(flv.Video, t.id), err
}

// parameters names what a key frame needs to be decoded.
func parameters(c flv.Codec) string {
	switch c {
	case flv.H264:
		return "SPS and PPS"
	case flv.HEVC:
		return "VPS, SPS and PPS"
	}
	return "sequence header"
}

// announceVideo sends what has to stand before a picture and is not known to the server yet.
func (m *Muxer) announceVideo(t *track, form flv.Form, at uint32, key bool) error {
	if !t.announced {
		m.expectSilence()
		if err := m.announceKnown(at); err != nil {
			return err
		}
	}
	if record := t.video.Record(); !bytes.Equal(record, t.progress.record) {
		if err := m.sendMetadata(at); err != nil {
			return err
		}
		if err := m.send(flv.Video, t.id, sendqueue.Header, at, m.scratch.build.SequenceStart(form, record)); err != nil {
			return err
		}
		t.progress.record = record
	}
	if !key || !form.HasFourCC() {
		return nil
	}
	color := t.video.Info().Color
	if color == nil || color == t.progress.color {
		return nil
	}
	body, err := colorInfo(color)
	if err != nil {
		return rtmperr.New(rtmperr.ErrInvalid, "colorInfo: %v", err)
	}
	t.progress.color = color
	return m.send(flv.Video, t.id, sendqueue.Header, at, m.scratch.build.Metadata(form, body))
}

// colorInfo encodes the colours of a track. Enhanced RTMP v2, "Metadata Frame".
func colorInfo(c *flv.Color) ([]byte, error) {
	var groups amf.Object
	for _, f := range c.Fields() {
		if len(groups) == 0 || groups[len(groups)-1].Name != f.Group {
			groups = append(groups, amf.Property{Name: f.Group, Value: amf.Object{}})
		}
		last := &groups[len(groups)-1]
		last.Value = append(last.Value.(amf.Object), amf.Property{Name: f.Name, Value: f.Value})
	}
	return amf.Append(nil, "colorInfo", groups)
}
