package mpegts

import (
	"cmp"
	"math"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/media"
)

const (
	// patience is how many packets without a time are held for the time of one that follows.
	patience = 64

	// pesLimit is how much of a PES packet is taken at once. Longer ones are taken in parts.
	pesLimit = 1 << 20
)

// reorderProbe is how many frames are looked at to find out whether a stream without DTS has B-frames.
const reorderProbe = 32

// unit is an access unit in a queue. It owns its memory.
type unit struct {
	flv.AccessUnit
	dts, pts int64 // in units of 1/90000 s
	at       place // of the PES packet in which it begins, or of the one before that
}

// pes is the content of a PES packet, or of several that belong together. The times are of the frame that begins in it.
type pes struct {
	timed    bool  // there are times
	pts, dts int64 // in units of 1/90000 s, without wraps
	hasDTS   bool
	at       place  // of the packet, or of the one before
	data     []byte // memory of the stream
}

// stream makes access units of the PES packets of one elementary stream. Times are in units of 1/90000 s.
type stream struct {
	pid   uint16
	kind  flv.Kind
	codec flv.Codec
	pes   PESReader
	pesAt place // of the PES packet that was begun last; its offset is -1 before the first

	queue   []*unit // access units that are whole, in decoding order
	bytes   int     // of the units in the queue
	frame   int64   // duration of the last unit
	lastAt  int64   // DTS of the last unit
	begun   bool    // there was a unit
	taken   bool    // pop has returned a unit
	takenAt int64   // DTS of the unit that pop returned last

	fault     error // why the stream has given no unit so far
	encrypted int   // number of encrypted packets
	late      bool  // the track begins here, or has another codec than before: video begins with a key frame

	// Stamps that say nothing: a clock that stands still gives each packet the time of the one before.
	stamped  bool  // a packet had a time
	pts, dts int64 // of the last packet with a time
	standing bool  // the last two packets with a time had the same one
	moved    bool  // two packets had different times

	// A stream without times (untimed) gets those of its frame rate.
	untimed   bool
	display   *annexb.Display // the order in which frames of video are shown
	delay     int64           // from decoding to display, which is learned from the frames; see annexb.Display
	pending   []*unit         // frames whose time of display is not known yet
	start     int64           // time of the first frame
	lead      int64           // by how much the first frame of video is decoded before it is shown
	resume    place           // frames in front of this place have been returned already
	resumed   bool            // no frame has come since resume was set
	base      int64           // time from which frames are counted
	fps       float64         // the rate at which they are counted
	since     int64           // number of frames since base
	unstamped int             // number of packets without a time in which a frame begins, since frames were made

	// Video: an access unit begins in a PES packet that has a time. What stands in front of its begin, and
	// packets without a time, belong to the access unit before.
	config     media.SelfConfig
	held       pes  // the packets of the access unit that is not whole yet
	holding    bool // held has something
	nextSearch int  // how many bytes are held when the next begin of a frame is looked for in them
	hasDTS     bool // packets have a DTS
	backward   bool // a PTS was before the one in front of it: there are B-frames
	reorder    bool // DTS are made from the order of pictures, because packets have none and there are B-frames
	pictures   int  // number of frames
	lastPTS    int64
	order      dtsExtractor // if reorder
	avc        flv.AVC      // the parameter sets of H.264
	sets       [1][]byte

	// Buffers of split.
	nalus  [][]byte
	ats    []int
	units  [][][]byte
	begins []int

	audio audio
}

// dtsExtractor is what the library's extractors of H.264 and H.265 have in common.
type dtsExtractor interface {
	Extract(au [][]byte, pts int64) (int64, error)
}

func newTSStream(pid uint16, codec flv.Codec, opusHead []byte) *stream {
	return &stream{pid: pid, pes: PESReader{Limit: pesLimit, Parts: codec.Kind() == flv.Audio}, pesAt: place{offset: -1}, codec: codec, kind: codec.Kind(), audio: newTSAudio(codec, opusHead)}
}

// begin forgets all but what the stream is and how its pictures are ordered.
func (s *stream) begin() error {
	fresh := newTSStream(s.pid, s.codec, s.audio.opusHead)
	fresh.queue = s.queue[:0]
	fresh.audio.info, fresh.untimed, fresh.delay = s.audio.info, s.untimed, s.delay
	if s.untimed && s.kind == flv.Video {
		var err error
		if fresh.display, err = annexb.NewDisplay(s.codec, s.delay); err != nil {
			return err
		}
	}
	if fresh.reorder = s.reorder; s.reorder {
		if s.codec == flv.HEVC {
			fresh.order = &h265.DTSExtractor{}
		} else {
			fresh.order = &h264.DTSExtractor{}
		}
	}
	*s = *fresh
	if s.kind == flv.Video {
		return s.config.Begin(s.codec)
	}
	return nil
}

// add takes the next PES packet.
func (s *stream) add(p pes) {
	if p.at.offset < s.resume.offset {
		return
	}
	if p.timed {
		s.standing = s.stamped && p.pts == s.pts && p.dts == s.dts
		s.moved = s.moved || s.stamped && !s.standing
		s.stamped, s.pts, s.dts = true, p.pts, p.dts
		p.timed = !s.standing
	}
	if s.kind == flv.Audio {
		s.addAudio(p)
		return
	}
	if p.timed {
		s.joinStartCode(&p)
		begin := s.firstBegin(p.data)
		if begin < len(p.data) {
			s.goOn(p.data[:begin])
			s.flushBefore(p.dts)
			p.data = p.data[begin:]
			s.hold(p)
			return
		}
	}
	if s.holding {
		if s.goOn(p.data); s.holding {
			s.relieve(&p)
		}
	} else if begin := s.firstBegin(p.data); begin < len(p.data) {
		p.data = p.data[begin:]
		p.pts = s.due()
		p.dts = p.pts
		s.hold(p)
	}
}

// hold keeps a packet with whose data an access unit begins.
func (s *stream) hold(p pes) {
	if s.held.at.offset != p.at.offset || s.held.at.route == nil {
		p.at.next = p.dts
	} else {
		p.at = s.held.at
	}
	s.held, s.holding = p, true
	s.unstamped, s.nextSearch = 0, pesLimit
}

// due returns when the next frame is due if it has no time.
func (s *stream) due() int64 {
	if n := len(s.pending); n > 0 {
		return s.pending[n-1].dts + s.step()
	}
	if s.begun && !s.resumed {
		return s.lastAt + s.step()
	}
	return s.start
}

// relieve makes access units of what is held, but for the last one, if no time comes: there would be no end to
// what is held. p is the last packet.
func (s *stream) relieve(p *pes) {
	if s.firstBegin(p.data) < len(p.data) {
		s.unstamped++
	}
	if !(s.unstamped > 0 && s.untimed) && s.unstamped < patience && len(s.held.data) < s.nextSearch {
		return
	}
	units, begins := s.split(s.held.data)
	last := len(units) - 1
	if last < 1 {
		s.nextSearch = max(s.nextSearch, 2*len(s.held.data))
		return
	}
	rest := s.held
	for _, unit := range units[:last] {
		s.addPicture(unit)
		s.advance(s.step())
	}
	rest.timed, rest.pts, rest.dts = true, s.held.pts, s.held.dts
	rest.data = append([]byte(nil), rest.data[begins[last]:]...) // the units keep what they have
	rest.at = p.at
	s.hold(rest)
}

// advance makes the time of what is held that of the frame after the next one.
func (s *stream) advance(step int64) {
	if s.untimed {
		if fps := s.rate(); fps != s.fps {
			s.base, s.since, s.fps = s.held.dts, 0, fps
		}
		s.since++
		step = s.base + int64(float64(s.since)*clock/s.fps) - s.held.dts
	}
	s.held.pts += step
	s.held.dts += step
}

// goOn adds what belongs to the access unit that is held. One that is too large to be sent is left out.
func (s *stream) goOn(data []byte) {
	if s.holding = s.holding && len(s.held.data)+len(data) <= annexb.MaxAccessUnitSize; s.holding {
		s.held.data = append(s.held.data, data...)
	}
}

// flush makes access units of what is held when nothing follows.
func (s *stream) flush() {
	s.flushBefore(math.MinInt64)
	if s.display != nil {
		s.display.Flush()
		s.show()
	}
}

// show gives the frames of which it is known when they are shown their times, and puts them in the queue.
func (s *stream) show() {
	for len(s.pending) > 0 {
		fields, ok := s.display.Next()
		if !ok {
			return
		}
		u := s.pending[0]
		s.pending = slices.Delete(s.pending, 0, 1)
		u.pts = u.dts + int64(float64(fields)*clock/2/s.rate())
		s.push(u)
	}
}

// flushBefore makes access units of what is held: one, or more if frames without a time follow the first one.
// Those share the time up to the next packet's, if that is later.
func (s *stream) flushBefore(next int64) {
	if !s.holding {
		return
	}
	s.holding = false
	units, _ := s.split(s.held.data)
	step, count := s.step(), int64(len(units))
	switch length := next - s.held.dts; {
	case next == math.MinInt64:
	case !s.held.timed:
		s.held.dts = next - count*step
		s.held.pts = s.held.dts
	case length > 0 && length <= count*clock:
		step = length / count
	}
	for i, unit := range units {
		s.addPicture(unit)
		s.advance(step)
		units[i] = nil
	}
}

// step returns the duration of a frame as far as it is known.
func (s *stream) step() int64 {
	if s.frame > 0 {
		return s.frame
	}
	return int64(clock / s.rate())
}

// rate returns the frame rate that the stream says; a usual one if it says none.
func (s *stream) rate() float64 {
	if s.kind == flv.Video && s.config.Track.Record() != nil {
		if fps := s.config.Track.Info().FrameRate; fps >= 1 {
			return fps
		}
	}
	return annexb.DefaultFPS
}

// addPicture puts an access unit, which has the time of what is held, in the queue.
func (s *stream) addPicture(nalus [][]byte) {
	pts, dts := s.held.pts, s.held.dts
	u := &unit{AccessUnit: flv.AccessUnit{Kind: flv.Video, Codec: s.codec, NALUs: nalus}, pts: pts, dts: dts, at: s.held.at}
	ok, err := s.config.Take(&u.AccessUnit)
	if !ok {
		s.fault = cmp.Or(s.fault, err)
		return
	}
	if s.late && !s.codec.IsKey(nalus) {
		s.config.Started = s.config.Started && u.Config == nil // the configuration comes again
		return
	}
	s.late = false
	s.hasDTS = s.hasDTS || s.held.hasDTS
	s.backward = s.backward || s.pictures > 0 && pts < s.lastPTS
	s.pictures++
	s.lastPTS = pts
	if s.display != nil {
		s.pending = append(s.pending, u)
		s.display.Push(nalus)
		s.show()
		return
	}
	if s.order != nil {
		if u.dts, err = s.order.Extract(nalus, pts); err != nil { // it wants a key frame first, and no holes
			u.dts = min(s.lastAt+max(s.frame, 1), pts)
		}
	}
	s.push(u)
}

func (s *stream) push(u *unit) {
	if s.begun && u.dts > s.lastAt {
		s.frame = u.dts - s.lastAt
	}
	s.begun, s.lastAt, s.resumed = true, u.dts, false
	s.queue = append(s.queue, u)
	s.bytes += u.size()
}

// canMove reports whether all that has the time of the last packet with one is still here.
func (s *stream) canMove() bool {
	switch {
	case !s.stamped || s.standing:
		return false
	case s.kind == flv.Video:
		return s.holding && s.held.dts == s.dts
	}
	return !s.taken || s.takenAt < s.dts
}

// move moves what has the time of the last packet with one.
func (s *stream) move(shift int64) {
	if s.kind == flv.Video {
		s.held.pts += shift
		s.held.dts += shift
	} else {
		for _, u := range s.queue {
			if u.dts >= s.dts {
				u.pts += shift
				u.dts += shift
			}
		}
		s.audio.base += shift
		s.lastAt += shift
	}
	s.pts += shift
	s.dts += shift
}

// pop takes the first unit of a queue that has one.
func (s *stream) pop() *unit {
	u := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.bytes -= u.size()
	s.taken, s.takenAt = true, u.dts
	return u
}

func (u *unit) size() int {
	n := len(u.Data)
	for _, nalu := range u.NALUs {
		n += len(nalu)
	}
	return n
}
