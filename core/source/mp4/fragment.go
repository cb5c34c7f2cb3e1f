package mp4

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/Eyevinn/mp4ff/mp4"

	"luatrtmp/core/source/media"
)

// Flags of trun, ISO/IEC 14496-12, 8.8.8, and of a sample, 8.8.3.1.
const (
	trunDataOffset  = 0x000001
	trunFirstFlags  = 0x000004
	trunDuration    = 0x000100
	trunSize        = 0x000200
	trunFlags       = 0x000400
	trunComposition = 0x000800

	sampleIsNonSync = 0x00010000
)

// runDefaults are the values of samples that a run leaves out: from trex, then tfhd.
type runDefaults struct {
	entry    int
	duration uint32
	size     uint32
	flags    uint32
}

// run is a trun. Its entries stay as they are in the file and are read one by one.
type run struct {
	runDefaults
	have       uint32 // the flags
	entries    []byte
	width      int // of an entry
	left       uint32
	group      uint32 // how many samples are read as one at most; 0 is 1
	firstFlags uint32
	isFirst    bool
	position   int64 // of the next sample in the file
	dts        int64
}

// parseRun reads a trun whose data begins at base, if it has no offset of its own at follow.
func parseRun(b box, d runDefaults, base, follow, dts int64) (r run, err error) {
	r = run{runDefaults: d, position: follow, dts: dts, isFirst: true}
	if len(b.payload) < 8 {
		return r, b.short(8)
	}
	r.have = binary.BigEndian.Uint32(b.payload) & 0xFFFFFF
	r.left = binary.BigEndian.Uint32(b.payload[4:])
	pos := 8
	for _, field := range []uint32{trunDataOffset, trunFirstFlags} {
		if r.have&field == 0 {
			continue
		}
		if len(b.payload) < pos+4 {
			return r, b.short(pos + 4)
		}
		v := binary.BigEndian.Uint32(b.payload[pos:])
		if field == trunDataOffset {
			r.position = base + int64(int32(v))
		} else {
			r.firstFlags = v
		}
		pos += 4
	}
	for _, field := range []uint32{trunDuration, trunSize, trunFlags, trunComposition} {
		if r.have&field != 0 {
			r.width += 4
		}
	}
	r.entries = b.payload[pos:]
	if need := uint64(r.left) * uint64(r.width); need > uint64(len(r.entries)) {
		b.warnf("box trun at offset %d announces %d samples of %d bytes in %d", b.offset, r.left, r.width, len(r.entries))
		r.left = uint32(len(r.entries) / r.width)
	}
	if r.position < 0 {
		return r, fmt.Errorf("%w: box trun at offset %d points to offset %d", media.ErrBadMedia, b.offset, r.position)
	}
	return r, nil
}

// read returns the next sample of a run that has one left.
func (r *run) read() sample {
	if r.group > 0 {
		return r.readGroup()
	}
	s := sample{offset: r.position, size: r.size, duration: r.duration, dts: r.dts, pts: r.dts, entry: r.entry}
	flags := r.flags
	if r.isFirst && r.have&trunFirstFlags != 0 {
		flags = r.firstFlags
	}
	entry := r.entries
	take := func(field uint32) (uint32, bool) {
		if r.have&field == 0 {
			return 0, false
		}
		v := binary.BigEndian.Uint32(entry)
		entry = entry[4:]
		return v, true
	}
	if v, ok := take(trunDuration); ok {
		s.duration = v
	}
	if v, ok := take(trunSize); ok {
		s.size = v
	}
	if v, ok := take(trunFlags); ok {
		flags = v
	}
	if v, ok := take(trunComposition); ok {
		s.pts += int64(int32(v))
	}
	s.sync = flags&sampleIsNonSync == 0
	r.entries = entry
	r.isFirst = false
	r.left--
	r.position += int64(s.size)
	r.dts += int64(s.duration)
	return s
}

// readGroup returns the next samples of a run without entries as one.
func (r *run) readGroup() sample {
	n := min(r.group, r.left)
	s := sample{offset: r.position, size: n * r.size, duration: n * r.duration, dts: r.dts, pts: r.dts, entry: r.entry, sync: true}
	r.left -= n
	r.position += int64(s.size)
	r.dts += int64(s.duration)
	return s
}

// sums returns where a run ends, in the file and in time. Values too large for any file come out as such, without going round.
func (r run) sums() (position, dts int64) {
	const most = 1 << 61
	if r.width == 0 {
		bytes, time := uint64(r.left)*uint64(r.size), uint64(r.left)*uint64(r.duration)
		return min(r.position+int64(min(bytes, most)), most), min(r.dts+int64(min(time, most)), most)
	}
	for r.left > 0 {
		r.read()
	}
	return min(r.position, most), min(r.dts, most)
}

// readRun returns the next sample of the fragments read so far.
func (t *track) readRun() (sample, bool) {
	for len(t.runs) > 0 {
		r := &t.runs[0]
		if r.left > 0 {
			return r.read(), true
		}
		t.runs = t.runs[1:]
	}
	return sample{}, false
}

// readFragment reads the next moof that can be read, and adds its runs to the tracks. ok is false at the end of the file.
func (f *reader) readFragment() (ok bool, err error) {
	for {
		start := f.fragment
		top, ok, err := f.headers.topBoxAt(f.Input, start)
		if errors.Is(err, media.ErrBadMedia) {
			f.fragment = f.Size
			f.Warnf("the last %d bytes, from offset %d on, are no box: %v", f.Size-start, start, err)
			return false, nil
		}
		if err != nil || !ok {
			return false, err
		}
		f.fragment = top.End + min(top.missing, math.MaxInt64-top.End) // a file that grows has the rest later
		if top.typ != "moof" {
			if top.typ != "mdat" && (top.missing > 0 || !isFourCC(top.typ)) {
				f.Warnf("what begins at offset %d is no box, or one that is cut off: nothing is read behind it", start)
			}
			continue
		}
		moof, err := loadBox(f.Input, top)
		if err != nil {
			return false, err
		}
		if err = f.parseFragment(moof, start); errors.Is(err, media.ErrBadMedia) {
			f.badFragment = cmp.Or(f.badFragment, err)
			f.Warnf("the fragment at offset %d cannot be read: %v", start, err)
			continue
		}
		return true, err
	}
}

// isFourCC reports whether the type of a box is printable, as all are, but for the copyright sign of QuickTime.
func isFourCC(typ string) bool {
	for i := range len(typ) {
		if c := typ[i]; c != 0xA9 && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

func (f *reader) parseFragment(moof box, start int64) error {
	follow := start // where the data of the next traf begins, if nothing says it
	return moof.each(func(b box) error {
		if b.typ != "traf" {
			return nil
		}
		var err error
		follow, err = f.parseTrackFragment(b, start, follow)
		return err
	})
}

// parseTrackFragment reads a traf. ISO/IEC 14496-12, 8.8.6 to 8.8.12.
func (f *reader) parseTrackFragment(traf box, moof, follow int64) (int64, error) {
	var (
		track *track // nil for a track that is not sent: its runs only say where the next ones are
		d     runDefaults
		begun bool
		base  = follow
		dts   int64
	)
	err := traf.each(func(b box) error {
		switch b.typ {
		case "tfhd":
			h, err := decode[*mp4.TfhdBox](b, mp4.DecodeTfhdSR)
			if err != nil {
				return err
			}
			begun = true
			d = f.defaults[h.TrackID].with(h)
			if track = f.byID(h.TrackID); track != nil {
				dts = track.nextDTS
			}
			switch {
			case h.HasBaseDataOffset():
				if h.BaseDataOffset > uint64(f.Size) {
					return fmt.Errorf("%w: box tfhd at offset %d points to offset %d", media.ErrBadMedia, b.offset, h.BaseDataOffset)
				}
				base = int64(h.BaseDataOffset)
			case h.DefaultBaseIfMoof():
				base = moof
			}
			follow = base
		case "tfdt":
			v, err := decode[*mp4.TfdtBox](b, mp4.DecodeTfdtSR)
			if err != nil {
				return err
			}
			if t := v.BaseMediaDecodeTime(); v.Version == 0 || track == nil || t <= uint64(track.farthest()) {
				dts = int64(min(t, 1<<61))
			} // else it is damaged, and the fragment follows the one before
		case "trun":
			if !begun {
				return fmt.Errorf("%w: trun before tfhd at offset %d", media.ErrBadMedia, b.offset)
			}
			r, err := parseRun(b, d, base, follow, dts)
			if err != nil {
				return err
			}
			follow, dts = r.sums()
			if track != nil && r.have&trunSize == 0 && r.size == 0 && r.left > 0 {
				return fmt.Errorf("%w: box trun at offset %d has %d samples without a size", media.ErrBadMedia, b.offset, r.left)
			}
			if track != nil {
				if e := &track.entries[0]; e.isG711() && r.width == 0 && r.size == uint32(e.frame.audio.Channels) && r.duration == 1 {
					r.group = g711Group
				}
				track.runs = append(track.runs, r)
				track.nextDTS = dts
			}
		}
		return nil
	})
	return follow, err
}

func (d runDefaults) with(h *mp4.TfhdBox) runDefaults {
	if h.HasSampleDescriptionIndex() {
		d.entry = int(h.SampleDescriptionIndex) - 1
	}
	if h.HasDefaultSampleDuration() {
		d.duration = h.DefaultSampleDuration
	}
	if h.HasDefaultSampleSize() {
		d.size = h.DefaultSampleSize
	}
	if h.HasDefaultSampleFlags() {
		d.flags = h.DefaultSampleFlags
	}
	return d
}
