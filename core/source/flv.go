package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"luatrtmp/core/flv"
)

// Limits on FLV files.
const (
	flvProbeTags   = 4096    // tags in which each track has to show itself
	flvWindowTags  = 32      // tags that are held to put audio and video in order
	flvWindowBytes = 4 << 20 // and their size; one more tag may pass it, a tag being at most 16 MiB
)

// flvFile reads an FLV file tag by tag.
type flvFile struct {
	*input
	info   Info
	tags   flvTagReader
	start  int64       // offset of the first tag
	first  uint32      // timestamp of the first tag of a track
	shift  int64       // the smallest DTS in ms, relative to first
	tracks [2]flvTrack // video, audio

	window []*flvUnit // in order of decoding
	held   int        // bytes in the window
	free   []*flvUnit
	out    *flvUnit // last returned; its memory is used again
	unit   flv.AccessUnit
	nalus  [][]byte
	err    error // from reading; what is in the window comes before it
}

type flvTrack struct {
	present    bool
	config     []byte
	pending    bool // config has to go with the next unit
	lengthSize int
	frame      time.Duration // duration of a unit, 0: unknown

	started   bool
	timestamp uint32 // of the last tag
	dts       int64  // the same in ms without wraps, relative to flvFile.first
	delta     int64  // between the last two
}

// flvUnit is a tag in the window.
type flvUnit struct {
	kind     flv.Kind
	dts, pts int64 // ms
	body     []byte
	data     []byte
	config   []byte
	length   int // lengthSize
	offset   int64
}

func openFLV(in *input) (medium, error) {
	f := &flvFile{input: in, tags: flvTagReader{in: in}}
	if err := f.tags.readHeader(); err != nil {
		return nil, err
	}
	f.start = f.tags.offset
	if err := f.probe(); err != nil {
		return nil, err
	}
	return f, f.rewind()
}

func (f *flvFile) Info() Info { return f.info }

func (f *flvFile) rewind() error {
	f.tags.offset, f.tags.direct = f.start, false
	f.err = nil
	f.free = append(f.free, f.window...)
	f.window, f.held = f.window[:0], 0
	for i := range f.tracks {
		t := &f.tracks[i]
		*t = flvTrack{present: t.present}
	}
	return nil
}

func (f *flvFile) Next() (*flv.AccessUnit, error) {
	if f.out != nil {
		f.free = append(f.free, f.out)
		f.out = nil
	}
	for f.err == nil && len(f.window) < flvWindowTags && f.held < flvWindowBytes {
		f.err = f.readUnit()
	}
	if len(f.window) == 0 {
		return nil, f.err
	}
	u := f.window[0]
	f.window = slices.Delete(f.window, 0, 1)
	f.held -= len(u.body)
	f.out = u

	f.unit = flv.AccessUnit{Kind: u.kind, Config: u.config, DTS: f.time(u.dts), PTS: f.time(u.pts)}
	if u.kind == flv.Audio {
		f.unit.Data = u.data
		return &f.unit, nil
	}
	var err error
	if f.nalus, err = flv.SplitAVCC(f.nalus[:0], u.data, u.length); err != nil {
		f.window, f.err = f.window[:0], fmt.Errorf("%w: video tag at offset %d: %w", ErrBadMedia, u.offset, err)
		return nil, f.err
	}
	f.unit.NALUs = f.nalus
	return &f.unit, nil
}

func (f *flvFile) time(ms int64) time.Duration { return time.Duration(ms-f.shift) * time.Millisecond }

// end is rounded to whole ms, as all times in FLV are: the exact duration of the last audio frame, added to a rounded time, would make
// every round some 0.3 ms too long.
func (f *flvFile) end() time.Duration {
	var last time.Duration
	for i := range f.tracks {
		t := &f.tracks[i]
		if !t.started {
			continue
		}
		duration := t.frame
		if duration == 0 {
			duration = time.Duration(t.delta) * time.Millisecond
		}
		if duration <= 0 {
			duration = defaultFrameDuration
		}
		last = max(last, f.time(t.dts)+duration)
	}
	return last.Round(time.Millisecond)
}

// readUnit reads tags until one is an access unit, and puts it in the window.
func (f *flvFile) readUnit() error {
	for {
		tag, err := f.tags.next()
		if err != nil {
			return err
		}
		t := f.track(tag.kind)
		if t == nil || !t.present || tag.size == 0 {
			f.tags.skip(tag)
			continue
		}
		u := f.take()
		if u.body, err = f.tags.body(u.body[:0], tag); err != nil {
			return err
		}
		ok, err := f.parse(t, tag, u)
		if err != nil {
			return fmt.Errorf("%w: tag at offset %d: %w", ErrBadMedia, tag.offset, err)
		}
		if ok {
			f.insert(u)
			return nil
		}
		f.free = append(f.free, u)
	}
}

// parse fills u from its body. ok is false for a tag that is no access unit.
func (f *flvFile) parse(t *flvTrack, tag flvTag, u *flvUnit) (ok bool, err error) {
	packetType, data, composition := uint8(0), []byte(nil), int32(0)
	if tag.kind == flv.Video {
		v, err := flv.ParseVideoTag(u.body)
		if err != nil {
			return false, err
		}
		packetType, data, composition = v.PacketType, v.Data, v.CompositionTime
	} else {
		a, err := flv.ParseAudioTag(u.body)
		if err != nil {
			return false, err
		}
		packetType, data = a.PacketType, a.Data
	}
	if packetType == flv.PacketSequenceHeader {
		return false, t.setConfig(tag.kind, data)
	}
	if packetType != flv.PacketFrame || t.config == nil || len(data) == 0 {
		return false, nil
	}
	t.setTime(tag.timestamp, f.first)
	*u = flvUnit{kind: tag.kind, dts: t.dts, pts: t.dts + int64(composition), body: u.body, data: data, length: t.lengthSize, offset: tag.offset}
	if t.pending {
		u.config, t.pending = t.config, false
	}
	return true, nil
}

// setConfig takes a sequence header, unless it says nothing new.
func (t *flvTrack) setConfig(kind flv.Kind, config []byte) error {
	if t.config != nil && bytes.Equal(t.config, config) {
		return nil
	}
	if kind == flv.Video {
		var avc flv.AVC
		if err := avc.SetConfig(config); err != nil {
			return err
		}
		t.lengthSize = avc.LengthSize()
	} else {
		rate, err := flv.CoreSampleRate(config)
		if err != nil {
			return err
		}
		t.frame = ticks(flv.SamplesPerFrame, uint32(rate))
	}
	t.config, t.pending = bytes.Clone(config), true
	return nil
}

// setTime follows the 32-bit timestamp through its wraps.
func (t *flvTrack) setTime(timestamp, first uint32) {
	if !t.started {
		t.started = true
		t.dts = int64(int32(timestamp - first))
	} else {
		t.delta = int64(int32(timestamp - t.timestamp))
		t.dts += t.delta
	}
	t.timestamp = timestamp
}

// insert puts a unit in its place by DTS, video first, without changing the order within a track.
func (f *flvFile) insert(u *flvUnit) {
	i := len(f.window)
	for i > 0 {
		before := f.window[i-1]
		if before.kind == u.kind || before.dts < u.dts || before.dts == u.dts && u.kind == flv.Audio {
			break
		}
		i--
	}
	f.window = slices.Insert(f.window, i, u)
	f.held += len(u.body)
}

func (f *flvFile) take() *flvUnit {
	if n := len(f.free); n > 0 {
		u := f.free[n-1]
		f.free = f.free[:n-1]
		return u
	}
	return &flvUnit{}
}

func (f *flvFile) track(kind flv.Kind) *flvTrack {
	switch kind {
	case flv.Video:
		return &f.tracks[0]
	case flv.Audio:
		return &f.tracks[1]
	}
	return nil
}

// isEnd tells whether reading a tag ended because the file does.
func isEnd(err error) bool { return err == io.EOF || errors.Is(err, ErrTruncated) }
