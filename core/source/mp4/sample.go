package mp4

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// describe fills Info for the tracks that have samples.
func (f *reader) describe() {
	for _, t := range f.tracks {
		if !t.hasHead {
			continue
		}
		entry := &t.entries[t.head.entry]
		frame := entry.frame
		if entry.config == nil {
			f.describeSample(t, &frame)
		}
		if t.kind == flv.Video {
			if n := t.table.frameTicks(); n > 0 && !f.fragmented {
				frame.video.FrameRate = float64(t.timescale) / float64(n)
			}
			f.info.Video, f.info.VideoRate = &frame.video, f.rate(t)
		} else {
			f.info.Audio, f.info.AudioRate = &frame.audio, f.rate(t)
		}
		if !f.fragmented {
			f.info.Duration = max(f.info.Duration, t.length()-f.shift)
		}
	}
}

// rate is the mean data rate of a track in kbit/s, 0 if the index does not have it all.
func (f *reader) rate(t *track) float64 {
	length := t.length()
	if f.fragmented || length <= 0 {
		return 0
	}
	return float64(t.table.total()) * 8 / 1000 / length.Seconds()
}

// describeSample asks the first sample what the sample entry does not say. What is wrong with it comes when it is due.
func (f *reader) describeSample(t *track, frame *sampleFrame) {
	ok, err := f.readSample(t)
	t.hasHead = true // it was looked at only
	if !ok || err != nil {
		return
	}
	if t.kind == flv.Audio {
		if info, err := media.NewAudioInfo(f.unit.Codec, nil, f.unit.Data); err == nil {
			frame.audio = info
		}
		return
	}
	info := t.config.Track.Info()
	info.Color = cmp.Or(frame.video.Color, info.Color)
	frame.video = info
}

// readSample reads the head of a track. ok is false if it is left out: it cannot be sent, but those behind it may.
func (f *reader) readSample(t *track) (ok bool, err error) {
	s := &t.head
	if int64(s.size) > f.Left(s.offset) {
		return false, fmt.Errorf("%w: track %d: sample of %d bytes at offset %d in a file of %d", media.ErrTruncated, t.id, s.size, s.offset, f.Size)
	}
	if s.size > media.MaxSampleSize {
		return false, f.leaveOut(t, fmt.Errorf("it has %d bytes, at most %d are sent", s.size, media.MaxSampleSize))
	}
	if cap(f.buf) < int(s.size) {
		f.buf = make([]byte, s.size+s.size/4)
	}
	data := f.buf[:s.size]
	if _, err := f.ReadAt(data, s.offset); err != nil && err != io.EOF {
		return false, fmt.Errorf("read sample at offset %d: %w", s.offset, err)
	}
	entry := &t.entries[s.entry]
	f.unit = flv.AccessUnit{Kind: t.kind, Codec: entry.codec, DTS: t.dts(s) - f.shift, PTS: t.time(s.pts) - f.shift}
	if entry.codec.HasNALUs() {
		if f.nalus, err = media.SplitNALUs(f.nalus[:0], data, entry.lengthSize); err != nil {
			return false, f.leaveOut(t, err)
		}
		f.unit.NALUs = f.nalus
	} else {
		f.unit.Data = data
	}
	switch {
	case entry.config == nil && t.kind == flv.Video:
		if ok, err := t.takeConfig(&f.unit, entry.codec); !ok || err != nil {
			return false, f.leaveOut(t, cmp.Or(err, errNoConfig))
		}
	case t.entry != s.entry:
		f.unit.Config = entry.config
	}
	t.entry = s.entry
	t.last, t.hasHead = *s, false
	return true, nil
}

// errNoConfig is said of samples before the first one that has the configuration of its codec.
var errNoConfig = errors.New("the decoder configuration is not known yet")

// leaveOut passes over the head of a track, and warns of it once. The error is that of a file of which more bytes would be
// left out than it has: its tables name the same bytes again and again.
func (f *reader) leaveOut(t *track, why error) error {
	if !f.leftOut {
		f.leftOut = true
		f.Warnf("track %d: the sample at offset %d is left out, as are others like it: %v", t.id, t.head.offset, why)
	}
	t.hasHead = false
	if f.leftOutBytes += int64(t.head.size); f.leftOutBytes > f.Size {
		return fmt.Errorf("%w: track %d: sample at offset %d: %w", media.ErrBadMedia, t.id, t.head.offset, why)
	}
	return nil
}
