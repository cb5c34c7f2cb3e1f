package mpegts

import (
	"bytes"
	"cmp"
	"math"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/annexb"
	"luatrtmp/core/source/media"
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

	encrypted bool // it is, at least in part
	late      bool // the track is new, or of another codec than before: video begins with a key frame

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
	units    [][][]byte // those of a packet

	audio audio
}

// dtsExtractor is what the library's extractors of H.264 and H.265 have in common.
type dtsExtractor interface {
	Extract(au [][]byte, pts int64) (int64, error)
}

func newTSStream(pid uint16, codec flv.Codec, opusHead []byte) *stream {
	pes := PESReader{Limit: annexb.MaxAccessUnitSize} // the largest RTMP message
	return &stream{pid: pid, pes: pes, pesAt: place{offset: -1}, codec: codec, kind: codec.Kind(), audio: newTSAudio(codec, opusHead)}
}

// begin forgets all but what the stream is and how its pictures are ordered.
func (s *stream) begin() error {
	fresh := newTSStream(s.pid, s.codec, s.audio.opusHead)
	fresh.queue = s.queue[:0]
	fresh.audio.info = s.audio.info
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
			s.held, s.holding = p, true
			return
		}
	}
	s.goOn(p.data)
}

// goOn adds what belongs to the access unit that is held.
func (s *stream) goOn(data []byte) {
	if s.holding && len(s.held.data)+len(data) <= annexb.MaxAccessUnitSize {
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
		if len(nalu) < annexb.HevcHeaderSize || nalu[0]&1<<5|nalu[1]>>3 > 0 { // of another layer
			return false
		}
		if s.isSlice(nalu) {
			return len(nalu) > annexb.HevcHeaderSize && nalu[annexb.HevcHeaderSize]&0x80 != 0 // first_slice_segment_in_pic_flag
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

// flush makes access units of the packet that is held when none follows.
func (s *stream) flush() { s.flushBefore(math.MinInt64) }

// flushBefore makes access units of the packet that is held: one, or more if frames without a time
// follow the first one. Those share the time up to the next packet's, if that is later.
func (s *stream) flushBefore(next int64) {
	if !s.holding {
		return
	}
	s.holding = false
	nalus, err := flv.SplitAnnexB(nil, s.held.data)
	if err != nil {
		return // the begin was lost
	}
	s.units = s.units[:0]
	for len(nalus) > 0 {
		n := s.firstUnit(nalus)
		s.units = append(s.units, nalus[:n:n])
		nalus = nalus[n:]
	}
	pts, dts := s.held.pts, s.held.dts
	step := s.step()
	if count := int64(len(s.units)); next > dts && next-dts <= count*clock {
		step = (next - dts) / count
	}
	for i, unit := range s.units {
		s.addPicture(unit, pts+int64(i)*step, dts+int64(i)*step)
		s.units[i] = nil
	}
}

// step returns the duration of a frame as far as it is known.
func (s *stream) step() int64 {
	if s.frame > 0 {
		return s.frame
	}
	if s.kind == flv.Video && s.config.Track.Record() != nil {
		if fps := s.config.Track.Info().FrameRate; fps >= 1 {
			return int64(clock / fps)
		}
	}
	return clock / annexb.DefaultFPS
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

func (s *stream) addPicture(nalus [][]byte, pts, dts int64) {
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
	s.begun, s.lastAt = true, u.dts
	s.queue = append(s.queue, u)
	s.bytes += u.size()
}

// pop takes the first unit of a queue that has one.
func (s *stream) pop() *unit {
	u := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.bytes -= u.size()
	return u
}

func (u *unit) size() int {
	n := len(u.Data)
	for _, nalu := range u.NALUs {
		n += len(nalu)
	}
	return n
}
