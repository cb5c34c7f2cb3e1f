package mp4

import (
	"cmp"
	"fmt"
	"io"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// describe fills Info for the tracks that have samples.
func (f *reader) describe() {
	for _, t := range f.tracks {
		if !t.hasHead || t.head.entry < 0 || t.head.entry >= len(t.entries) {
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
	if f.readSample(t) != nil {
		return
	}
	t.hasHead = true // it was looked at only
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

func (f *reader) readSample(t *track) error {
	s := &t.head
	if s.entry < 0 || s.entry >= len(t.entries) {
		return fmt.Errorf("%w: track %d: sample at offset %d uses sample entry %d of %d", media.ErrBadMedia, t.id, s.offset, s.entry+1, len(t.entries))
	}
	if s.size > media.MaxSampleSize {
		return fmt.Errorf("%w: track %d: sample of %d bytes at offset %d, at most %d are sent", media.ErrBadMedia, t.id, s.size, s.offset, media.MaxSampleSize)
	}
	if int64(s.size) > f.Left(s.offset) {
		return fmt.Errorf("%w: track %d: sample of %d bytes at offset %d in a file of %d", media.ErrTruncated, t.id, s.size, s.offset, f.Size)
	}
	if cap(f.buf) < int(s.size) {
		f.buf = make([]byte, s.size+s.size/4)
	}
	data := f.buf[:s.size]
	if _, err := f.ReadAt(data, s.offset); err != nil && err != io.EOF {
		return fmt.Errorf("read sample at offset %d: %w", s.offset, err)
	}
	entry := &t.entries[s.entry]
	f.unit = flv.AccessUnit{Kind: t.kind, Codec: entry.codec, DTS: t.dts(s) - f.shift, PTS: t.time(s.pts) - f.shift}
	if entry.codec.HasNALUs() {
		var err error
		if f.nalus, err = flv.SplitAVCC(f.nalus[:0], data, entry.lengthSize); err != nil {
			return fmt.Errorf("%w: track %d: sample at offset %d: %w", media.ErrBadMedia, t.id, s.offset, err)
		}
		f.unit.NALUs = f.nalus
	} else {
		f.unit.Data = data
	}
	switch {
	case entry.config == nil && t.kind == flv.Video:
		if err := t.takeConfig(&f.unit, entry.codec); err != nil {
			return fmt.Errorf("%w: track %d: sample at offset %d: %w", media.ErrBadMedia, t.id, s.offset, err)
		}
	case t.entry != s.entry:
		f.unit.Config = entry.config
	}
	t.entry = s.entry
	t.last, t.hasHead = *s, false
	return nil
}
