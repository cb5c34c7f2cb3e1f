package source

import (
	"encoding/binary"
	"fmt"
	"time"

	"luatrtmp/core/flv"
)

// probe finds the tracks and the smallest DTS. The flags in the file header are not asked: writers that do not know yet set both. A
// track that begins after flvProbeTags tags is not found.
func (f *flvFile) probe() error {
	var (
		first, refused [2]bool
		faults         [2]error
		sawTrack       bool
		buf            []byte
	)
	f.tags.direct = true
	for range flvProbeTags {
		tag, err := f.tags.next()
		if isEnd(err) || err != nil && (first[0] || first[1]) {
			break // a fault comes again after the good data
		}
		if err != nil {
			return err
		}
		t := f.track(tag.kind)
		if t != nil && !sawTrack {
			sawTrack, f.first = true, tag.timestamp
		}
		i := 0
		if tag.kind == flv.Audio {
			i = 1
		}
		if t == nil || tag.size == 0 || first[i] || refused[i] {
			f.tags.skip(tag)
			continue
		}
		if buf, err = f.tags.body(buf[:0], tag); err != nil {
			return err
		}
		ok, err := f.parse(t, tag, &flvUnit{body: buf})
		if err != nil {
			refused[i], faults[i] = true, fmt.Errorf("tag at offset %d: %w", tag.offset, err)
		}
		if ok {
			first[i], t.present = true, true
			f.shift = min(f.shift, t.dts)
			if !first[1-i] {
				f.shift = t.dts
			}
		}
		if (first[0] || refused[0]) && (first[1] || refused[1]) {
			break
		}
	}
	return f.describe(first, faults)
}

func (f *flvFile) describe(found [2]bool, faults [2]error) error {
	if faults[0] != nil {
		return fmt.Errorf("%w: %w; %s", ErrBadMedia, faults[0], videoAdvice)
	}
	if !found[0] && !found[1] {
		if faults[1] != nil {
			return fmt.Errorf("%w: %w; %s", ErrBadMedia, faults[1], audioAdvice)
		}
		return fmt.Errorf("%w: no H.264 or AAC with its sequence header in the first %d tags (up to offset %d)", ErrBadMedia, flvProbeTags, f.tags.offset)
	}
	if faults[1] != nil {
		f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("audio: %v", faults[1]))
	}
	if found[0] {
		var avc flv.AVC
		if err := avc.SetConfig(f.tracks[0].config); err != nil {
			return fmt.Errorf("%w: %w", ErrBadMedia, err)
		}
		info := avc.Info()
		f.info.Video = &info
	}
	if found[1] {
		info, err := flv.ParseASC(f.tracks[1].config)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBadMedia, err)
		}
		f.info.Audio = &info
	}
	f.info.Duration = f.duration()
	return nil
}

// duration reads the timestamp of the last tag, which the PreviousTagSize at the end of the file leads to; 0 if it leads nowhere.
func (f *flvFile) duration() time.Duration {
	var b [flvPreviousTagSize]byte
	if _, err := f.ReadAt(b[:], f.size-flvPreviousTagSize); err != nil {
		return 0
	}
	last := flvTagReader{in: f.input, direct: true}
	last.offset = f.size - flvPreviousTagSize - int64(binary.BigEndian.Uint32(b[:]))
	if last.offset < f.start {
		return 0
	}
	tag, err := last.next()
	if err != nil || f.track(tag.kind) == nil || int64(tag.size)+flvTagHeaderSize != int64(binary.BigEndian.Uint32(b[:])) {
		return 0
	}
	return max(f.time(int64(int32(tag.timestamp-f.first))), 0)
}
