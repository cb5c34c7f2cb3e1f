package flvfile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// track is the track of a kind that is sent: the first one that can be.
type track struct {
	present bool
	codec   flv.Codec // NoCodec: none has shown itself yet
	id      uint8     // track id, of Enhanced RTMP
	refused map[uint8]bool

	unsupported bool // some body had a codec that cannot be sent

	foreign int   // tags of another codec, since the last one of codec
	change  error // what the first of them is

	video      flv.VideoTrack
	audio      flv.AudioTrack
	self       media.SelfConfig // video whose configuration is in its frames only
	config     []byte
	pending    bool // config has to go with the next unit
	lengthSize int
	frame      time.Duration // duration of a unit, 0: unknown

	started   bool
	timestamp uint32 // of the last tag
	stamp     int64  // the same in ms without wraps, relative to reader.first
	dts       int64  // the same without jumps
	delta     int64  // between the last two
	latest    *unit  // the last one, while it is in the window
}

// parse fills u from its body. ok is false for a tag without an access unit of the track.
func (f *reader) parse(t *track, tag tag, u *unit) (ok bool, err error) {
	if tag.kind == flv.Video {
		for v, err := range flv.VideoTags(u.body) {
			part := part{codec: v.Codec, track: v.Track, packetType: v.PacketType, composition: v.CompositionTime, ns: v.Nanoseconds, data: v.Data}
			if ok, err = f.take(t, tag, u, &part, err); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
	for a, err := range flv.AudioTags(u.body) {
		part := part{codec: a.Codec, track: a.Track, packetType: a.PacketType, ns: a.Nanoseconds, data: a.Data, channels: a.Channels}
		if ok, err = f.take(t, tag, u, &part, err); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// part is what a body has of one track.
type part struct {
	codec       flv.Codec
	track       uint8
	packetType  uint8
	composition int32
	ns          uint32
	data        []byte
	channels    int // of G.711
}

// take looks at one part of a body, which came with an error or not.
func (f *reader) take(t *track, tag tag, u *unit, p *part, err error) (ok bool, _ error) {
	switch {
	case errors.Is(err, flv.ErrUnsupportedCodec):
		t.unsupported = true
		f.skipped(tag.kind, p.track, err.Error())
		return false, nil
	case err != nil:
		return false, err
	case p.packetType != flv.PacketSequenceHeader && p.packetType != flv.PacketFrame, p.codec == flv.NoCodec:
		return false, nil
	case p.codec == flv.MP3 && media.IsMP2(p.data):
		t.unsupported = true
		f.skipped(tag.kind, p.track, media.MP2)
		return false, nil
	}
	if p.packetType == flv.PacketSequenceHeader && len(p.data) == 0 {
		if t.codec == flv.NoCodec {
			return false, errNoConfig
		}
		return false, nil
	}
	if mine, err := t.claim(p); !mine || err != nil {
		if err == nil && t.codec != flv.NoCodec {
			f.skipped(tag.kind, p.track, "the first one is sent")
		}
		return false, err
	}
	if p.packetType == flv.PacketSequenceHeader {
		err := t.setConfig(p.data)
		if err != nil && (!f.probing || t.config != nil || !needsHeader(p.codec)) { // the one before stays, or the frames have it
			f.Warnf("%v: the sequence header at offset %d is left out: %v", tag.kind, tag.offset, err)
			return false, nil
		}
		return false, err
	}
	if len(p.data) == 0 {
		return false, nil
	}
	*u = unit{kind: tag.kind, codec: p.codec, more: time.Duration(p.ns), body: u.body, nalus: u.nalus[:0], data: p.data, offset: tag.offset}
	if ready, err := t.ready(u, p); !ready || err != nil {
		return false, err
	}
	u.clock = f.clock
	f.setTime(t, tag)
	if p.codec.HasNALUs() {
		if u.nalus, err = media.SplitNALUs(u.nalus, p.data, t.lengthSize); err != nil {
			f.leaveOut(tag, err)
			return false, nil
		}
	}
	u.dts, u.pts = t.dts, t.dts+int64(p.composition)
	if t.pending {
		u.config, t.pending = t.config, false
	}
	return true, nil
}

// errNoConfig is a sequence header without content. Muxers write one when they do not know the configuration yet; another follows.
var errNoConfig = errors.New("the sequence header is empty")

// claim reports whether the part is of the track that is sent: the first one with a sequence header, or with a frame that needs none.
func (t *track) claim(p *part) (bool, error) {
	if t.codec == flv.NoCodec {
		if p.packetType == flv.PacketFrame && (needsHeader(p.codec) || t.refused[p.track]) {
			return false, nil
		}
		t.codec, t.id = p.codec, p.track
	}
	if p.track != t.id {
		return false, nil
	}
	if p.codec != t.codec {
		return false, fmt.Errorf("track %d changes from %v to %v, which is %w", p.track, t.codec, p.codec, media.ErrUnsupported)
	}
	if t.video != nil || t.audio != nil {
		return true, nil
	}
	var err error
	if t.codec.Kind() == flv.Video {
		t.video, err = flv.NewVideoTrack(t.codec)
	} else {
		t.audio, err = flv.NewAudioTrack(t.codec)
	}
	return true, err
}

// needsHeader reports whether the frames of a codec cannot be decoded without a sequence header.
func needsHeader(c flv.Codec) bool {
	return c.HasNALUs() || c == flv.AAC || c == flv.Opus || c == flv.FLAC
}

// setConfig takes a sequence header, unless it says nothing new. After an error the one before it stays.
func (t *track) setConfig(config []byte) error {
	if t.config != nil && bytes.Equal(t.config, config) {
		return nil
	}
	if t.video != nil {
		if err := t.video.SetConfig(config); err != nil {
			return err
		}
		if t.codec.HasNALUs() {
			size, err := flv.LengthSize(t.codec, config)
			if err != nil {
				return err
			}
			t.lengthSize = size
		}
	} else if err := t.audio.SetConfig(config); err != nil {
		return err
	}
	t.config, t.pending = bytes.Clone(config), true
	return nil
}

// ready reports whether the frame in u can be decoded: once its configuration is known, if the codec has one.
func (t *track) ready(u *unit, p *part) (bool, error) {
	switch {
	case t.audio != nil:
		return t.readyAudio(p)
	case t.config != nil:
		return true, nil
	case t.codec.HasNALUs():
		return false, nil
	}
	if t.self.Track == nil { // a sender without sequence headers
		if err := t.self.Begin(t.codec); err != nil {
			return false, err
		}
	}
	unit := flv.AccessUnit{Codec: t.codec, Data: p.data}
	ok, err := t.self.Take(&unit)
	u.config = unit.Config
	return ok, err
}

func (t *track) readyAudio(p *part) (bool, error) {
	switch {
	case needsHeader(t.codec):
		if t.config == nil {
			return false, nil
		}
	case t.codec == flv.PCMA, t.codec == flv.PCMU:
		config, err := flv.G711Config(flv.G711Rate, p.channels)
		if err == nil {
			err = t.setConfig(config)
		}
		if err != nil {
			return false, err
		}
	}
	if n, rate := t.audio.Samples(p.data); n > 0 && rate > 0 {
		t.frame = media.Ticks(int64(n), uint32(rate))
	}
	return true, nil
}

// skipped notes what is not sent, once.
func (f *reader) skipped(kind flv.Kind, track uint8, why string) {
	if !f.probing {
		return
	}
	text := fmt.Sprintf("%v: %s", kind, why)
	if track > 0 {
		text = fmt.Sprintf("%v track %d: %s", kind, track, why)
	}
	if len(f.info.Skipped) < maxSkipped && !slices.Contains(f.info.Skipped, text) {
		f.info.Skipped = append(f.info.Skipped, text)
	}
}

// farthest bounds the sum of all steps of 32-bit timestamps, in ms, so that no time overflows.
const farthest = 1 << 40

// setTime follows the 32-bit timestamps through their wraps, and through jumps of their clock.
func (f *reader) setTime(t *track, tag tag) {
	step := int64(int32(tag.timestamp - t.timestamp))
	if t.stamp += step; !t.started || media.Distance(t.stamp, 0) > farthest {
		t.stamp = int64(int32(tag.timestamp - f.first))
	}
	t.timestamp = tag.timestamp
	if t.latest != nil {
		if at, ok := f.clock.Retract(tag.kind, t.stamp); ok {
			f.move(t.latest, at)
			t.dts = at
		}
	}
	dts := f.clock.Next(tag.kind, t.stamp)
	if t.started {
		t.delta = dts - t.dts
	}
	t.started, t.dts = true, dts
}
