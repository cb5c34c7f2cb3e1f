package flvfile

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// maxScript bounds the script tags that are read. An onMetaData with the index of a long file may be larger, and is left.
const maxScript = 64 << 10

// headerTag is more than a tag with sequence headers has: larger ones are passed over once their kind has shown itself.
const headerTag = 4096

// probe finds the tracks and the smallest DTS. The flags in the file header are not asked: writers that do not know yet set both. A
// track that begins after probeTags tags is not found.
func (f *reader) probe() error {
	var (
		first  [2]bool
		faults [2]error // why nothing was found so far
		saw    bool
		buf    []byte
	)
	f.tags.direct, f.probing = true, true
	defer func() { f.probing = false }()
	done := func(i int) bool { // nothing more is expected
		return first[i] || f.tracks[i].codec == flv.NoCodec && faults[i] == nil && f.tracks[i].unsupported
	}
	for range probeTags {
		tag, err := f.tags.next()
		if isEnd(err) || err != nil && (first[0] || first[1]) {
			break // a fault comes again after the good data
		}
		if err != nil {
			return err
		}
		t := f.track(tag.kind)
		if t != nil && !saw {
			saw, f.first = true, tag.timestamp
		}
		i := 0
		if tag.kind == flv.Audio {
			i = 1
		}
		if tag.kind == scriptTag && tag.size <= maxScript && f.info.VideoRate == 0 && f.info.AudioRate == 0 {
			if buf, err = f.tags.body(buf[:0], tag); err == errWrongSize {
				continue
			} else if err != nil {
				return err
			}
			f.readScript(buf)
			continue
		}
		if t == nil || tag.size == 0 {
			f.tags.skip(tag)
			continue
		}
		f.seen[i] = true
		if (done(i) || faults[i] != nil) && tag.size > headerTag {
			f.tags.skip(tag)
			continue
		}
		if buf, err = f.tags.body(buf[:0], tag); err == errWrongSize {
			continue
		} else if err != nil {
			return err
		}
		u := unit{body: buf}
		ok, err := f.parse(t, tag, &u)
		if err != nil && !first[i] {
			faults[i] = fmt.Errorf("tag at offset %d: %w", tag.offset, err)
			if err != errNoConfig {
				t.refuse()
			}
		}
		if ok && !first[i] {
			first[i], t.present, faults[i] = true, true, nil
			f.describe(t, u.data)
			f.shift = min(f.shift, t.dts)
			if !first[1-i] {
				f.shift = t.dts
			}
		}
		if done(0) && done(1) {
			break
		}
	}
	return f.conclude(first, faults)
}

// readScript takes the data rates of an onMetaData. FLV 10.1, E.5. Values of another type are ignored.
func (f *reader) readScript(body []byte) {
	values, err := amf.Unmarshal(body)
	if err != nil || len(values) < 2 || values[0] != "onMetaData" {
		return
	}
	fields, ok := values[1].(amf.ECMAArray)
	if !ok {
		object, _ := values[1].(amf.Object)
		fields = amf.ECMAArray(object)
	}
	rate := func(name string) float64 {
		const most = 10e6 // kbit/s
		if kbps, ok := fields.GetNumber(name); ok && kbps > 0 && kbps <= most {
			return kbps
		}
		return 0
	}
	f.info.VideoRate, f.info.AudioRate = rate("videodatarate"), rate("audiodatarate")
}

// refuse lets another track of the kind be the one that is sent, or the same one if a sequence header follows that can be read.
func (t *track) refuse() {
	refused := t.refused
	if refused == nil {
		refused = map[uint8]bool{}
	}
	refused[t.id] = true
	*t = track{refused: refused, unsupported: t.unsupported}
}

// describe fills Info for a track with its first frame, which says what the configuration does not. A broken one says nothing.
func (f *reader) describe(t *track, frame []byte) {
	if t.audio != nil {
		if t.config == nil {
			_ = t.audio.Take(frame)
		}
		info := t.audio.Info()
		f.info.Audio = &info
		return
	}
	track := t.video
	switch {
	case t.self.Track != nil:
		track = t.self.Track
	case !t.codec.HasNALUs():
		_, _ = track.Take([][]byte{frame})
		track.Forget()
	}
	info := track.Info()
	f.info.Video = &info
}

// conclude refuses a file of which nothing can be sent, and names what is not.
func (f *reader) conclude(found [2]bool, faults [2]error) error {
	if !found[0] && !found[1] {
		switch fault := cmp.Or(faults[0], faults[1]); {
		case fault != nil:
			return fmt.Errorf("%w: %w; %s", media.ErrBadMedia, fault, media.VideoAdvice)
		case len(f.info.Skipped) > 0:
			return media.NothingToSend(f.info.Skipped, media.ErrUnsupported)
		}
		return fmt.Errorf("%w: no media with its sequence headers in the first %d tags (up to offset %d)", media.ErrBadMedia, probeTags, f.tags.offset)
	}
	for i, kind := range []flv.Kind{flv.Video, flv.Audio} {
		switch {
		case found[i]:
		case faults[i] != nil:
			f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("%v: %v", kind, faults[i]))
		case f.seen[i] && !f.tracks[i].unsupported:
			f.info.Skipped = append(f.info.Skipped, fmt.Sprintf("%v: no frame with its sequence header in the first %d tags", kind, probeTags))
		}
	}
	f.info.Duration = f.duration()
	return nil
}

// duration reads the timestamp of the last tag, which the PreviousTagSize at the end of the file leads to; 0 if it leads nowhere.
func (f *reader) duration() time.Duration {
	var b [previousTagSize]byte
	if _, err := f.ReadAt(b[:], f.Size-previousTagSize); err != nil {
		return 0
	}
	last := tagReader{in: f.Input, direct: true}
	last.offset = f.Size - previousTagSize - int64(binary.BigEndian.Uint32(b[:]))
	if last.offset < f.start {
		return 0
	}
	tag, err := last.readTag()
	if err != nil || f.track(tag.kind) == nil || int64(tag.size)+tagHeaderSize != int64(binary.BigEndian.Uint32(b[:])) {
		return 0
	}
	return max(f.time(int64(int32(tag.timestamp-f.first))), 0)
}
