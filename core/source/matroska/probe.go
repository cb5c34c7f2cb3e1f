package matroska

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// readHeaders reads what stands in front of the media, up to the first cluster. Where a tool has moved it behind the media, it is looked for there.
func (f *reader) readHeaders() error {
	if err := f.readEBML(); err != nil {
		return err
	}
	var clusters place
	for {
		e, err := f.header()
		switch {
		case err == errDamaged:
			err = f.resync(f.window.Offset, io.EOF, "no element begins there")
			if err == nil {
				continue
			}
		case err == nil && e.id == idCluster:
			if clusters.offset == 0 {
				clusters = f.place
				clusters.offset = e.at
			}
			if len(f.doc.tracks)+len(f.doc.names) > 0 {
				return f.begin(clusters)
			}
		case err == nil && (e.id == idInfo || e.id == idTracks):
			err = f.readHeader(&e)
		case err == nil && !isKnown(e.id) && !f.isElement(e.end):
			err = f.resync(e.at, io.EOF, "no known element begins there")
			if err == nil {
				continue
			}
		}
		if err == nil {
			switch {
			case e.id == idSegment, e.id == idCluster && e.end == unknownEnd:
				f.window.Offset = e.body
				if e.id == idSegment {
					f.segment = e.end
				}
			default:
				err = f.skip(&e)
			}
		}
		switch {
		case err == io.EOF && clusters.offset == 0:
			return fmt.Errorf("%w: no cluster in %d bytes: the file was not finished or is cut off", media.ErrTruncated, f.window.In.Size)
		case err == io.EOF:
			return f.begin(clusters)
		case err != nil:
			return err
		}
	}
}

// begin takes a place for the begin of the media.
func (f *reader) begin(at place) error {
	at.doc = f.doc
	f.first = at
	f.first.clock = media.Splicer{Second: int64(1e9), Gap: media.MaxGapMP4}
	return nil
}

func (f *reader) readEBML() error {
	e, err := f.header()
	switch {
	case err == io.EOF, err == errDamaged, err == nil && e.id != idEBML:
		return fmt.Errorf("%w: no EBML header", media.ErrBadMedia)
	case err != nil:
		return err
	}
	b, err := f.content(&e, maxEntry)
	if err != nil {
		return err
	}
	var h ebmlHeader
	if err := decode(bytes.Clone(b), &h); err != nil {
		return err
	}
	f.docType = h.DocType
	f.window.Offset = e.end
	return nil
}

// readHeader reads an Info or Tracks element. There may be further ones, where files were joined or for safety's sake. What cannot be read is
// left out, with a warning.
func (f *reader) readHeader(e *element) error {
	d := *f.doc
	if e.id == idTracks {
		if f.probing != nil {
			f.probing.over = true
			return nil
		}
		if err := f.readTracks(e, &d); err != nil {
			return err
		}
		f.match(&d)
		f.doc = &d
		return nil
	}
	b, err := f.content(e, maxEntry)
	var info segmentInfo
	if err == nil {
		err = decode(bytes.Clone(b), &info)
	}
	if errors.Is(err, media.ErrBadMedia) {
		f.warnOnce("info", "the segment's Info element at offset %d is left out: %v", e.at, err)
		return nil
	}
	if err != nil {
		return err
	}
	d.scale, d.duration = int64(min(info.Scale, 1e12)), info.Duration // a step of 1000 s is not serious any more
	if d.scale == 0 {
		d.scale = defaultScale
	}
	f.doc = &d
	return nil
}

// readTracks reads the entries of tracks.
func (f *reader) readTracks(tracks *element, d *document) error {
	d.tracks, d.names, d.count, d.unseen = nil, nil, 0, 0
	if tracks.end == unknownEnd {
		return f.resync(tracks.body, io.EOF, "the tracks have no length")
	}
	looked, size := 0, 0
	defer func() { d.unseen = d.count - looked }()
	for f.window.Offset = tracks.body; f.window.Offset < tracks.end; {
		e, err := f.header()
		if err != nil || e.end > tracks.end {
			f.warnOnce("tracks", "the entries of tracks at offset %d are damaged", f.window.Offset)
			return nil
		}
		if e.id == idTrackEntry {
			d.count++
			if looked < maxTracks && size < maxEntries {
				n, err := f.readEntry(&e, d)
				if err != nil {
					return err
				}
				looked, size = looked+1, size+n
			}
		}
		f.window.Offset = e.end
	}
	return nil
}

// readEntry reads the entry of a track, and returns its size as it is unpacked. What is wrong with it is noted.
func (f *reader) readEntry(e *element, d *document) (size int, err error) {
	b, err := f.content(e, maxEntry)
	var entry trackEntry
	if err == nil {
		err = decode(bytes.Clone(b), &entry)
	}
	if errors.Is(err, media.ErrBadMedia) {
		d.names = append(d.names, fmt.Sprintf("the entry of a track at offset %d: %v", e.at, err))
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	t, err := newTrack(&entry, f.window.In.Warnf)
	if err != nil {
		d.names = append(d.names, fmt.Sprintf("%s: %v", t.name(entry.Type), err))
	} else {
		d.tracks = append(d.tracks, t)
	}
	return len(b) + t.private, nil
}

// match finds the tracks of a document that continue the streams: with the same number and codec, or the first one with the codec.
func (f *reader) match(d *document) {
	d.sent = nil
	for _, s := range f.streams {
		var found *track
		for _, t := range d.tracks {
			if t.codec == s.track.codec && (found == nil || t.number == s.track.number) {
				found = t
			}
		}
		d.sent = append(d.sent, found)
		if found == nil {
			f.warnOnce("joined", "from offset %d on there is no track of %v (%v)", f.window.Offset, s.track.codec, s.track.kind)
		} else if found.kind == flv.Video && found.reorder > f.order.depth {
			f.order = order{depth: found.reorder, frame: f.order.frame}
		}
	}
}

// prober learns from the first blocks which tracks have frames, and in which order those of video are.
type prober struct {
	tracks []*track
	found  []probed
	over   bool // other tracks follow, or there is too much to look at
	bytes  int  // of frames, as they are unpacked
}

// probed is what was found of a track.
type probed struct {
	frames  firstFrames
	refused string
	reorder int     // frames that a decoder holds back, as the media says
	stream  *stream // of video whose configuration is in the media
	ready   bool    // enough is known to send frames
}

// probe looks at the first blocks. why says for each track why it cannot be sent, or is empty.
func (f *reader) probe() (tracks []*track, why []string, err error) {
	tracks = f.first.doc.tracks
	p := &prober{tracks: tracks, found: make([]probed, len(tracks))}
	if err := f.restart(f.first); err != nil {
		return nil, nil, err
	}
	f.probing = p
	for f.err == nil && !p.done() && f.window.Offset-f.first.offset < probeBytes {
		f.err = f.read()
	}
	f.probing = nil
	why = make([]string, len(tracks))
	video := false
	for i, t := range tracks {
		found := &p.found[i]
		switch {
		case found.refused != "":
			why[i] = found.refused
		case !found.ready && found.stream != nil && found.stream.fault != nil:
			why[i] = fmt.Sprintf("%v: %v", t.codec, found.stream.fault)
		case len(found.frames.times) == 0:
			why[i] = fmt.Sprintf("no %v in the first %d bytes", t.codec, f.window.Offset)
		case !found.ready:
			why[i] = fmt.Sprintf("no %v that can be decoded in the first %d bytes", t.codec, f.window.Offset)
		case t.kind == flv.Video && !video:
			video = true
			f.first.order = order{depth: max(found.frames.depth, t.reorder, found.reorder), frame: found.frames.frame()}
			if t.frame > 0 && t.frame < maxLate*f.first.order.frame { // else it is no duration of a frame
				f.first.order.frame = t.frame
			}
		}
	}
	if f.err != nil && f.err != io.EOF && !errors.Is(f.err, media.ErrTruncated) && !errors.Is(f.err, media.ErrBadMedia) {
		return nil, nil, f.err
	}
	return tracks, why, nil
}

// done reports whether enough was seen of the first track of each kind that can be sent.
func (p *prober) done() bool {
	var video, audio bool
	for i, t := range p.tracks {
		n := len(p.found[i].frames.times)
		switch {
		case p.found[i].refused != "":
		case t.kind == flv.Video && !video:
			if video = true; !p.found[i].ready || t.codec.HasNALUs() && n < probeFrames {
				return p.over
			}
		case t.kind == flv.Audio && !audio:
			if audio = true; !p.found[i].ready {
				return p.over
			}
		}
	}
	return true
}

// look takes a block of a track.
func (p *prober) look(f *reader, h *blockHeader, block *element) error {
	for i, t := range p.tracks {
		if t.number != h.track {
			continue
		}
		found := &p.found[i]
		if len(found.frames.times) < probeFrames {
			found.frames.add(f.time(t, h))
		}
		if found.ready || found.refused != "" {
			return nil
		}
		if t.codec != flv.MP3 && (t.kind == flv.Audio || t.config != nil) {
			found.ready = true
			return nil
		}
		frames, err := f.frames(h, block)
		if err != nil || len(frames) == 0 {
			return err
		}
		n, err := found.lookInside(t, frames[0])
		if p.bytes += n; p.bytes > probeBytes {
			p.over = true
		}
		return err
	}
	return nil
}

// lookInside looks at a frame of a track of which the headers do not say all. It returns the size of the frame.
func (p *probed) lookInside(t *track, frame []byte) (size int, err error) {
	u := unit{track: t}
	ok, err := t.unpack(&u, frame)
	switch {
	case !ok || err != nil:
		return len(u.data), err
	case t.codec == flv.MP3:
		if p.ready = !media.IsMP2(u.data); !p.ready {
			p.refused = media.MP2
		}
		return len(u.data), nil
	}
	if p.stream == nil {
		if p.stream, err = newStream(t); err != nil {
			return 0, err
		}
	}
	p.reorder = max(p.reorder, reorderOf(t.codec, u.nalus))
	p.ready = p.stream.configure(&u)
	return len(u.data), nil
}
