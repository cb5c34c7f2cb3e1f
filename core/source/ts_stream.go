package source

import (
	"cmp"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mpegts"
)

// tsReorderProbe is how many pictures tell whether a stream that has no DTS needs some.
const tsReorderProbe = 32

// tsUnit is an access unit in a queue. It owns its memory.
type tsUnit struct {
	flv.AccessUnit
	dts, pts int64   // in units of 1/90000 s
	offset   int64   // in the file, of the PES packet; perhaps of the one before
	clock    splicer // before it; of video
}

// tsPES is what a PES packet of the stream says. pts and dts are followed through their wraps.
type tsPES struct {
	timed    bool
	pts, dts int64
	hasDTS   bool
	clock    splicer // before it
	offset   int64   // in the file; perhaps that of the one before
	data     []byte  // the stream's own
}

// tsStream makes access units of the PES packets of one elementary stream.
type tsStream struct {
	pid    uint16
	pes    mpegts.PESReader
	pesAt  int64 // offset of the PES packet that was begun last; -1: none was
	kind   flv.Kind
	codec  flv.Codec
	queue  []*tsUnit
	bytes  int   // in the queue
	fault  error // why there is none
	frame  int64 // duration of the last unit, in units of the clock
	lastAt int64 // its DTS
	begun  bool

	// Video: a PES packet is an access unit, if it has a time; those without one belong to the packet before.
	config   selfConfig
	held     tsPES
	holding  bool
	hasDTS   bool // some packets have a DTS
	backward bool // PTS go back: pictures are reordered
	reorder  bool // it was found that DTS have to be made from the picture order
	pictures int
	lastPTS  int64
	order    dtsExtractor // if reorder

	audio tsAudio
}

// dtsExtractor is what the library's extractors of H.264 and H.265 have in common.
type dtsExtractor interface {
	Extract(au [][]byte, pts int64) (int64, error)
}

func newTSStream(pid uint16, codec flv.Codec, opusHead []byte) *tsStream {
	pes := mpegts.PESReader{Limit: maxAccessUnitSize} // the largest RTMP message
	return &tsStream{pid: pid, pes: pes, pesAt: -1, codec: codec, kind: codec.Kind(), audio: newTSAudio(codec, opusHead)}
}

// begin forgets all but what the stream is and how its pictures are ordered.
func (s *tsStream) begin() error {
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
		return s.config.begin(s.codec)
	}
	return nil
}

// add takes the next PES packet.
func (s *tsStream) add(p tsPES) {
	if s.kind == flv.Audio {
		s.addAudio(p)
		return
	}
	if !p.timed {
		if s.holding && len(s.held.data)+len(p.data) <= maxAccessUnitSize {
			s.held.data = append(s.held.data, p.data...)
		}
		return
	}
	s.flush()
	s.held, s.holding = p, true
}

// flush makes access units of the packet that is held: one, or more if it has several access unit delimiters.
func (s *tsStream) flush() {
	if !s.holding {
		return
	}
	s.holding = false
	nalus, err := flv.SplitAnnexB(nil, s.held.data)
	if err != nil {
		return // the begin was lost
	}
	pts, dts := s.held.pts, s.held.dts
	for len(nalus) > 0 {
		n := s.firstUnit(nalus)
		s.addPicture(nalus[:n:n], pts, dts)
		nalus = nalus[n:]
		pts, dts = pts+s.frame, dts+s.frame
	}
}

// firstUnit returns how many NAL units the first access unit has: up to a delimiter that follows something else.
func (s *tsStream) firstUnit(nalus [][]byte) int {
	for i := 1; i < len(nalus); i++ {
		if s.isDelimiter(nalus[i]) {
			return i
		}
	}
	return len(nalus)
}

func (s *tsStream) isDelimiter(nalu []byte) bool {
	if s.codec == flv.HEVC {
		return h265.NALUType(nalu[0]>>1&0x3F) == h265.NALUType_AUD_NUT
	}
	return h264.NALUType(nalu[0]&0x1F) == h264.NALUTypeAccessUnitDelimiter
}

func (s *tsStream) addPicture(nalus [][]byte, pts, dts int64) {
	u := &tsUnit{AccessUnit: flv.AccessUnit{Kind: flv.Video, Codec: s.codec, NALUs: nalus}, pts: pts, dts: dts, offset: s.held.offset, clock: s.held.clock}
	ok, err := s.config.take(&u.AccessUnit)
	if !ok {
		s.fault = cmp.Or(s.fault, err)
		return
	}
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

func (s *tsStream) push(u *tsUnit) {
	if s.begun && u.dts > s.lastAt {
		s.frame = u.dts - s.lastAt
	}
	s.begun, s.lastAt = true, u.dts
	s.queue = append(s.queue, u)
	s.bytes += u.size()
}

// pop takes the first unit of a queue that has one.
func (s *tsStream) pop() *tsUnit {
	u := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	s.bytes -= u.size()
	return u
}

func (u *tsUnit) size() int {
	n := len(u.Data)
	for _, nalu := range u.NALUs {
		n += len(nalu)
	}
	return n
}
