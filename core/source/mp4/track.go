package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// track is one track of a file: its samples come from the table, then from the fragments.
type track struct {
	trak      box // for warnings
	id        uint32
	kind      flv.Kind
	timescale uint32
	entries   []sampleEntry
	table     sampleTable
	start     cursor // at the first sample to send
	edits     edits
	dtsShift  int64 // ticks by which decode times move back so that no composition offset is negative

	cursor  cursor
	runs    []run
	nextDTS int64 // where a fragment without its own time goes on
	head    sample
	hasHead bool
	over    bool  // nothing more of it can be read
	missing int   // samples that are not in the file, since the last one that is
	cut     error // why the first of them is not, or why its tables end early; nil if neither
	entry   int   // of the last sample that was sent; -1 before the first
	config  media.SelfConfig
	last    sample
	moved   time.Duration // what the splicer added to its time
}

// parseTrack reads a trak. The error is an errCodec if it holds what cannot be sent. The id is known even then, if there is one.
func parseTrack(trak box, movieScale uint32) (*track, error) {
	t := &track{trak: trak, entry: -1}
	t.start = cursor{table: &t.table}
	var elst box
	err := trak.each(func(b box) error {
		switch b.typ {
		case "tkhd":
			v, err := decode[*mp4.TkhdBox](b, mp4.DecodeTkhdSR)
			if err == nil {
				t.id = v.TrackID
			}
			return err
		case "edts":
			return b.each(func(c box) error {
				if c.typ == "elst" {
					elst = c
				}
				return nil
			})
		case "mdia":
			return t.parseMedia(b)
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	if len(t.entries) == 0 {
		return t, &errCodec{"no media"}
	}
	if t.timescale == 0 {
		return t, fmt.Errorf("%w: track %d has timescale 0", media.ErrBadMedia, t.id)
	}
	if elst.payload != nil {
		if t.edits, err = t.parseEdits(elst, movieScale); err != nil {
			trak.warnf("track %d: its edit list is not followed: %v", t.id, err)
		}
	}
	if e := &t.entries[0]; e.isG711() {
		t.table.setG711(e.frame.audio.Channels)
	}
	t.dtsShift = -t.table.minOffset(t.farthestOffset())
	return t, nil
}

func (t *track) parseMedia(mdia box) error {
	var minf box
	handler := ""
	err := mdia.each(func(b box) error {
		switch b.typ {
		case "mdhd":
			v, err := decode[*mp4.MdhdBox](b, mp4.DecodeMdhdSR)
			if err == nil {
				t.timescale = v.Timescale
			}
			return err
		case "hdlr":
			if len(b.payload) < handlerTypeAt+4 {
				return b.short(handlerTypeAt + 4)
			}
			handler = string(b.payload[handlerTypeAt : handlerTypeAt+4])
		case "minf":
			minf = b
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch handler {
	case "vide":
		t.kind = flv.Video
	case "soun":
		t.kind = flv.Audio
	default:
		name := fmt.Sprintf("handler %q", handler)
		if known := handlerNames[handler]; known != "" {
			name = fmt.Sprintf("%s (%s)", known, name)
		}
		return &errCodec{name}
	}
	return minf.each(func(b box) error {
		if b.typ != "stbl" {
			return nil
		}
		if err := b.each(t.parseDescription); err != nil {
			return err
		}
		return t.table.parse(b)
	})
}

func (t *track) parseDescription(b box) error {
	if b.typ != "stsd" {
		return nil
	}
	entries, err := b.skip(stsdHeader)
	if err != nil {
		return err
	}
	return entries.each(func(c box) error {
		e, err := parseEntry(t.kind, c)
		switch n := len(t.entries); {
		case err != nil && n == 0:
			return err
		case err != nil: // FFmpeg goes on with the one in use, too
			c.warnf("track %d: sample entry %d is left out: %v", t.id, n+1, err)
			e = t.entries[n-1]
		}
		if len(t.entries) >= maxEntries {
			return fmt.Errorf("%w: more than %d sample entries in track %d", media.ErrBadMedia, maxEntries, t.id)
		}
		t.entries = append(t.entries, e)
		return nil
	})
}

// prepare finds the first sample to send: for video the last sync sample that is presented no later than the edit begins; for audio one up to a
// second before it, for the decoder's sake. What is presented before the edit keeps its time and is sent too: the decoder needs it.
// All samples together are not larger than the file, which bounds the search.
func (t *track) prepare(fileSize int64) {
	c := cursor{table: &t.table}
	t.start = c
	preroll := int64(0)
	if t.kind == flv.Audio {
		preroll = int64(t.timescale)
	}
	for bytes := int64(0); t.edits.mediaTime > 0 && bytes <= fileSize; {
		before := c
		s, ok, err := c.read()
		if err != nil || !ok || s.dts > t.edits.mediaTime-preroll {
			return // a fault comes when the sample is due
		}
		if s.sync && s.pts <= t.edits.mediaTime-preroll {
			t.start = before
		}
		bytes += int64(s.size)
	}
}

func (t *track) Rewind() {
	t.cursor = t.start
	t.runs = t.runs[:0]
	t.nextDTS = 0
	t.hasHead, t.over = false, false
	t.missing, t.cut = 0, nil
	t.entry = -1
	t.last, t.moved = sample{}, 0
	t.config = media.SelfConfig{}
}

// takeConfig sets the Config of video whose sample entry does not have it. ok is false as long as the samples do not have it either.
func (t *track) takeConfig(u *flv.AccessUnit, codec flv.Codec) (ok bool, err error) {
	if t.config.Track == nil || t.config.Track.Codec() != codec {
		if err := t.config.Begin(codec); err != nil {
			return false, err
		}
	}
	return t.config.Take(u)
}

// time converts ticks of the media to the presentation's time line.
func (t *track) time(mediaTicks int64) time.Duration {
	return media.Ticks(mediaTicks-t.edits.mediaTime, t.timescale) + t.edits.delay
}

// length is the end of the last sample in the table.
func (t *track) length() time.Duration {
	total, left := int64(0), t.table.count
	limit := int64(media.MaxTrackTime/time.Second) * int64(t.timescale)
	for e := t.table.stts; len(e) > 0 && left > 0 && total < limit; e = e[8:] {
		n := min(binary.BigEndian.Uint32(e), left)
		left -= n
		total += int64(min(uint64(n)*uint64(binary.BigEndian.Uint32(e[4:])), uint64(limit)))
	}
	return t.time(min(total, limit) - t.dtsShift)
}

// dts is the decode time of a sample, which dtsShift puts before its presentation.
func (t *track) dts(s *sample) time.Duration { return t.time(s.dts - t.dtsShift) }

func (t *track) End() time.Duration {
	if t.entry < 0 {
		return 0
	}
	duration := media.Ticks(int64(t.last.duration), t.timescale)
	if duration == 0 {
		duration = media.DefaultFrameDuration
	}
	return t.dts(&t.last) + duration
}

// farthest is the largest decode time, in ticks. In live fragments times may count from 1970.
func (t *track) farthest() int64 {
	return int64(min(10*media.MaxTrackTime.Seconds()*float64(t.timescale), 1<<60))
}

// farthestOffset is the largest composition offset that is taken for one, in ticks. FFmpeg has a limit of 2^28.
func (t *track) farthestOffset() int64 { return media.MaxGapSeconds * int64(t.timescale) }

// precede makes the decode time of a sample one that is not behind its presentation time, unless that is damaged.
func (t *track) precede(s *sample) {
	if shift := s.dts - s.pts; shift <= t.farthestOffset() {
		t.dtsShift = max(t.dtsShift, shift)
	}
}

// load makes the next sample that has data the head. ok is false if neither table nor fragments have one now.
func (t *track) load() (ok bool, err error) {
	for !t.hasHead {
		s, ok, err := t.cursor.read()
		if err != nil {
			return false, fmt.Errorf("track %d: %w", t.id, err)
		}
		if ok {
			t.nextDTS = t.cursor.dts
		} else if s, ok = t.readRun(); !ok {
			return false, nil
		}
		if limit := t.farthest(); s.dts > limit || s.dts < -limit {
			return false, fmt.Errorf("%w: track %d: decode time of %d ticks of 1/%d s", media.ErrBadMedia, t.id, s.dts, t.timescale)
		}
		if s.entry < 0 || s.entry >= len(t.entries) { // FFmpeg goes on with the one in use, too
			t.trak.warnf("track %d: samples use sample entry %d of %d", t.id, s.entry+1, len(t.entries))
			s.entry = max(t.entry, 0)
		}
		t.head, t.hasHead = s, s.size > 0
	}
	return true, nil
}

// edits is what is followed of an edit list: an initial delay, and where the first real edit begins. ISO/IEC 14496-12, 8.6.6.
type edits struct {
	delay     time.Duration
	mediaTime int64 // ticks of the media
	more      int   // edits after the first real one
}

// parseEdits reads an elst. With an error there are no edits.
func (t *track) parseEdits(b box, movieScale uint32) (edits, error) {
	var e edits
	if len(b.payload) < fullBoxHeader+4 {
		return edits{}, b.short(fullBoxHeader + 4)
	}
	wide := b.payload[0] == 1
	size := 12
	if wide {
		size = 20
	}
	table, err := b.table(fullBoxHeader+4, size)
	if err != nil {
		return edits{}, err
	}
	for ; len(table) > 0; table = table[size:] {
		var duration, mediaTime int64
		if wide {
			duration, mediaTime = int64(binary.BigEndian.Uint64(table)), int64(binary.BigEndian.Uint64(table[8:]))
		} else {
			duration, mediaTime = int64(binary.BigEndian.Uint32(table)), int64(int32(binary.BigEndian.Uint32(table[4:])))
		}
		if mediaTime >= 0 {
			if mediaTime > int64(media.MaxTrackTime/time.Second)*int64(t.timescale) {
				return edits{}, fmt.Errorf("%w: box elst at offset %d: media time of %d ticks of 1/%d s", media.ErrBadMedia, b.offset, mediaTime, t.timescale)
			}
			e.mediaTime = mediaTime
			e.more = len(table)/size - 1
			break
		}
		if movieScale == 0 || duration < 0 || duration/int64(movieScale) > int64(media.MaxTrackTime/time.Second) {
			return edits{}, fmt.Errorf("%w: box elst at offset %d: empty edit of %d ticks of 1/%d s", media.ErrBadMedia, b.offset, duration, movieScale)
		}
		if e.delay += media.Ticks(duration, movieScale); e.delay > media.MaxTrackTime {
			return edits{}, fmt.Errorf("%w: box elst at offset %d: delay %v", media.ErrBadMedia, b.offset, e.delay)
		}
	}
	return e, nil
}

// codecFault returns the text of an errCodec in err.
func codecFault(err error) (string, bool) {
	var c *errCodec
	if errors.As(err, &c) {
		return c.text, true
	}
	return "", false
}
