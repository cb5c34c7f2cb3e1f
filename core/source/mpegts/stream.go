package mpegts

import (
	"bytes"
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

// reorderProbe is how many pictures tell whether a stream that has no DTS needs some.
const reorderProbe = 32

// unit is an access unit in a queue. It owns its memory.
type unit struct {
	flv.AccessUnit
	dts, pts int64 // in units of 1/90000 s
	at       place // of the PES packet; perhaps of the one before
}

// pes is what a PES packet of the stream says. pts and dts are followed through their wraps.
type pes struct {
	timed    bool
	pts, dts int64
	hasDTS   bool
	at       place  // perhaps that of the one before
	data     []byte // the stream's own
}

// stream makes access units of the PES packets of one elementary stream.
type stream struct {
	pid    uint16
	pes    PESReader
	pesAt  place // of the PES packet that was begun last; the offset is -1 if none was
	kind   flv.Kind
	codec  flv.Codec
	queue  []*unit
	bytes  int   // in the queue
	fault  error // why there is none
	frame  int64 // duration of the last unit, in units of the clock
	lastAt int64 // its DTS
	begun  bool

	taken   bool  // from the queue
	takenAt int64 // DTS of the last one that was

	encrypted int  // packets that are
	late      bool // the track is new, or of another codec than before: video begins with a key frame

	stamped    bool            // some packets have a time
	pts, dts   int64           // the last one
	standing   bool            // the one before was the same: a clock that stands still says nothing
	moved      bool            // two packets have different ones
	untimed    bool            // it was found that no packet has a time: frames follow each other at their rate
	display    *annexb.Display // when they are shown; of video, if untimed
	delay      int64           // see annexb.Display; it is learned
	pending    []*unit         // frames of which it is not known yet when they are shown
	start      int64           // when the first frame is due if it has no time
	lead       int64           // by how much it is decoded before it is shown; of video, if untimed
	resume     place           // what is before it does not come again
	resumed    bool            // no frame came since
	base       int64           // of a frame, at which ...
	fps        float64
	since      int64 // ... so many frames of this rate followed; if untimed
	unstamped  int   // packets without a time in which a frame begins, since frames were made
	nextSearch int   // bytes that are held when the next frame is looked for in packets in which none begins

	// Video: an access unit begins in a PES packet that has a time. What has none, or comes before the
	// begin, belongs to the packet before.
	config   media.SelfConfig
	held     pes
	holding  bool
	hasDTS   bool // some packets have a DTS
	backward bool // PTS go back: pictures are reordered
	reorder  bool // it was found that DTS have to be made from the picture order
	pictures int
	lastPTS  int64
	order    dtsExtractor // if reorder
	avc      flv.AVC      // the parameter sets of H.264
	sets     [1][]byte

	// Of what is held, see split.
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

// joinStartCode moves zero bytes from the end of what is held to a packet that begins inside a start
// code. No NAL unit ends with a zero byte.
func (s *stream) joinStartCode(p *pes) {
	one := bytes.IndexByte(p.data[:min(len(p.data), 2)], 1)
	if !s.holding || one < 0 || one == 1 && p.data[0] != 0 {
		return
	}
	keep := len(bytes.TrimRight(s.held.data, "\x00"))
	zeros := s.held.data[keep:]
	if len(zeros)+one >= 2 {
		p.data = append([]byte{0, 0}, p.data[one:]...)
		s.held.data = s.held.data[:keep]
	}
}

// firstBegin returns where in a packet the first access unit begins, which is the one that has the
// times of the packet: ISO/IEC 13818-1, 2.4.3.7. What comes before belongs to the access unit before.
// It returns the length of the data if none begins.
func (s *stream) firstBegin(data []byte) int {
	begin, at := flv.NextStartCode(data, 0)
	for at >= 0 {
		end, next := flv.NextStartCode(data, at)
		if end > at && s.mayBegin(data[at:end]) {
			return begin
		}
		begin, at = end, next
	}
	return len(data)
}

// mayBegin reports whether a NAL unit that follows a slice of a frame begins the next access unit.
// H.264, 7.4.1.2.3; H.265, 7.4.2.4.4. A slice does so if it is the first one of its picture.
func (s *stream) mayBegin(nalu []byte) bool {
	if s.codec == flv.HEVC {
		if len(nalu) < annexb.HEVCHeaderSize || nalu[0]&1<<5|nalu[1]>>3 > 0 { // of another layer
			return false
		}
		if s.isSlice(nalu) {
			return len(nalu) > annexb.HEVCHeaderSize && nalu[annexb.HEVCHeaderSize]&0x80 != 0 // first_slice_segment_in_pic_flag
		}
		typ := h265.NALUType(nalu[0] >> 1 & 0x3F)
		return typ <= h265.NALUType_AUD_NUT || typ == h265.NALUType_PREFIX_SEI_NUT || typ >= 41 && typ <= 44 || typ >= 48 && typ <= 55
	}
	switch typ := h264.NALUType(nalu[0] & 0x1F); typ {
	case h264.NALUTypeSPS, h264.NALUTypePPS, h264.NALUTypeSEI, h264.NALUTypeAccessUnitDelimiter, 14, 15, 16, 17, 18:
		return true
	}
	return s.isSlice(nalu) && len(nalu) > 1 && nalu[1]&0x80 != 0 // first_mb_in_slice is 0
}

func (s *stream) isSlice(nalu []byte) bool {
	if s.codec == flv.HEVC {
		return h265.NALUType(nalu[0]>>1&0x3F) < h265.NALUType_VPS_NUT
	}
	switch h264.NALUType(nalu[0] & 0x1F) {
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeIDR:
		return true
	}
	return false
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

// split returns the access units of a byte stream, and where each one begins with its start code.
func (s *stream) split(data []byte) (units [][][]byte, begins []int) {
	nalus, ats := s.nalus[:0], s.ats[:0]
	begin, at := flv.NextStartCode(data, 0)
	for at >= 0 {
		end, next := flv.NextStartCode(data, at)
		if end > at {
			nalus, ats = append(nalus, data[at:end:end]), append(ats, begin)
		}
		begin, at = end, next
	}
	s.nalus, s.ats = nalus, ats
	units, begins = s.units[:0], s.begins[:0]
	for rest := slices.Clone(nalus); len(rest) > 0; { // the units keep theirs
		n := s.firstUnit(rest)
		units, begins = append(units, rest[:n:n]), append(begins, ats[0])
		rest, ats = rest[n:], ats[n:]
	}
	s.units, s.begins = units, begins
	return units, begins
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

// firstUnit returns how many NAL units the first access unit has: up to a delimiter that follows
// something else, or up to what belongs to the first slice of another frame.
func (s *stream) firstUnit(nalus [][]byte) int {
	hasSlice, behind := false, 0 // behind the last slice
	for i, nalu := range nalus {
		switch {
		case i > 0 && s.isDelimiter(nalu):
			return i
		case s.isSlice(nalu):
			if hasSlice && s.mayBegin(nalu) && !s.isField(nalu) {
				return cmp.Or(behind, i)
			}
			hasSlice, behind = true, 0
		case hasSlice && behind == 0 && s.mayBegin(nalu):
			behind = i
		}
		s.noteSets(nalu)
	}
	return len(nalus)
}

// noteSets keeps the parameter sets of H.264, which tell fields.
func (s *stream) noteSets(nalu []byte) {
	if typ := h264.NALUType(nalu[0] & 0x1F); s.codec == flv.H264 && (typ == h264.NALUTypeSPS || typ == h264.NALUTypePPS) {
		s.sets[0] = nalu
		s.avc.Take(s.sets[:]) // a broken set is left out
	}
}

// isField reports whether a slice is one of half a frame of H.264, or may be: both fields of a frame
// are one access unit here.
func (s *stream) isField(nalu []byte) bool {
	if s.codec != flv.H264 {
		return false
	}
	h, err := s.avc.Slice(nalu)
	return err != nil || h.SPS == nil || h.Field
}

func (s *stream) isDelimiter(nalu []byte) bool {
	if s.codec == flv.HEVC {
		return h265.NALUType(nalu[0]>>1&0x3F) == h265.NALUType_AUD_NUT
	}
	return h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeAccessUnitDelimiter
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
