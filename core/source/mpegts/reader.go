package mpegts

import (
	"cmp"
	"fmt"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Limits on transport streams.
const (
	clock     = 90000 // of PTS and DTS
	clockBits = 33
	farthest  = 1 << 48 // bounds the sum of all steps, so that no time overflows

	// probeBytes is how far each track has to show itself: 8 s at 8 Mbit/s, while tables and key frames come every few seconds at most.
	probeBytes = 8 << 20

	// keyFrameBytes is the same for video that has packets: 10 s of 4K. A piece of a recording may begin behind a key frame.
	keyFrameBytes = 64 << 20

	// What is held to put audio and video in order: multiplexers write audio up to a second late.
	heldUnits = 4096
	heldBytes = 32 << 20
	heldTime  = 3 * clock

	programs = 64

	// encryptedPackets of a stream are no accident.
	encryptedPackets = 16
)

// reader reads a transport stream, ISO/IEC 13818-1. Frames may lie across PES packets, several may be in one, and tracks may be silent.
type reader struct {
	*media.Input
	info          media.Info
	start, stride int

	packets  packets
	pat      SectionReader
	maps     map[uint16]*SectionReader // of programs, by PID
	pmt      []byte                    // the last map of the program
	scanned  bool                      // the tracks are chosen
	route    *route                    // in use
	home     *route                    // at the begin of the file
	programs []uint16                  // all that were seen

	streams []*stream // of the program; when scanned, those that are sent: video, then audio
	left    []string  // of the program, what cannot be sent
	guesses []*guess  // streams of which it is not known what they are
	guessed map[uint16]flv.Codec
	looked  bool     // it is known which streams the program has
	silent  []uint16 // PIDs of the program that the probe left out
	names   []string // what is not sent
	last    int64    // the last time stamp, without wraps
	clock   media.Splicer
	timed   bool
	first   int64 // the smallest DTS
	origin  int64 // when a track without times begins: with the first time of the others, or at 0
	unit    flv.AccessUnit
	at      place // of the last unit
	err     error
	marked  mark
}

// Open opens a transport stream.
func Open(in *media.Input) (media.Reader, error) {
	head, err := media.ReadHead(in, 0)
	if err != nil {
		return nil, err
	}
	f := &reader{Input: in, stride: PacketSize}
	if start, stride, ok := layout(head); ok {
		f.start, f.stride = start, stride
	} else if start, stride, ok := layoutInside(head); ok {
		in.Warnf("the file begins inside a packet, %d bytes of which are left out", start)
		f.start, f.stride = start, stride
	}
	if err := f.probe(); err != nil {
		return nil, err
	}
	return f, f.Rewind()
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Rewind() error {
	f.packets = packets{Window: media.Window{In: f.Input, Offset: int64(f.start), Buf: f.packets.Buf[:0]}, stride: f.stride}
	f.timed, f.err = false, nil
	f.clock = media.Splicer{Second: clock}
	if f.scanned {
		return f.take(f.home)
	}
	f.restartTables()
	for _, s := range f.streams {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return nil
}

func (f *reader) byPID(pid uint16) *stream {
	for _, s := range f.streams {
		if s.pid == pid {
			return s
		}
	}
	return nil
}

// read takes the next packet. The error is io.EOF at the end, or what is wrong behind all that is good.
func (f *reader) read() error {
	b, err := f.packets.next()
	if err != nil {
		for _, s := range f.streams {
			s.pes.Flush(func(p *PES) { f.takePES(s, p) })
			s.flush()
		}
		return err
	}
	p, ok := ParsePacket(b)
	if !ok { // damaged: the next ones may be good
		return nil
	}
	if p.PID == PIDPAT {
		f.pat.Add(&p, f.takePAT)
	} else if table := f.maps[p.PID]; table != nil {
		table.Add(&p, func(section []byte) { f.takePMT(p.PID, section) })
	} else if s := f.byPID(p.PID); s != nil {
		if p.Scrambled {
			f.encrypted(s)
			return nil
		}
		s.pes.Add(&p, func(p *PES) { f.takePES(s, p) })
		if p.Start {
			s.pesAt = f.here()
		}
	} else if !f.scanned {
		f.lookAt(&p)
	}
	return nil
}

// here is the place of the last packet.
func (f *reader) here() place { return place{f.packets.packet, f.route, f.clock, f.timed, f.last, 0} }

// encrypted keeps why there is nothing of a stream, and says it once if the stream was sent so far. A few
// packets may just be damaged.
func (f *reader) encrypted(s *stream) {
	if s.encrypted++; s.encrypted == encryptedPackets && f.scanned {
		f.Warnf("PID %d (%v) is encrypted, about from offset %d on, and left out there", s.pid, s.kind, f.packets.packet)
	}
	s.fault = cmp.Or(s.fault, fmt.Errorf("encrypted media (PID %d at offset %d) is %w", s.pid, f.packets.packet, media.ErrUnsupported))
}

func (f *reader) takePES(s *stream, packet *PES) {
	if packet.Cut {
		s.holding, s.audio.rest = false, nil
		return
	}
	if packet.Scrambled {
		f.encrypted(s)
		return
	}
	if s.pesAt.offset < 0 {
		s.pesAt = f.here()
	}
	p := pes{at: s.pesAt, data: packet.Data, timed: packet.HasPTS && !s.untimed, hasDTS: packet.HasDTS}
	if p.timed {
		p.pts = f.follow(packet.PTS)
		p.dts = p.pts
		if p.hasDTS && s.kind == flv.Video { // audio is never decoded before it is heard
			p.dts = f.follow(packet.DTS)
		}
		if f.scanned { // until then streams of several programs are read, with clocks of their own
			if s.canMove() {
				if at, ok := f.clock.Retract(s.kind, p.dts); ok {
					s.move(at - s.dts)
				}
			}
			dts := f.clock.Next(s.kind, p.dts)
			p.pts, p.dts = p.pts+dts-p.dts, dts
		}
	}
	refused := s.audio.refused
	s.add(p)
	if s.audio.refused && !refused && f.scanned {
		f.Warnf("PID %d (audio) from offset %d on: %s", s.pid, f.packets.packet, media.MP2)
	}
}

// follow takes the next time stamp of 33 bits through its wraps.
func (f *reader) follow(stamp int64) int64 {
	if !f.timed {
		f.timed, f.last = true, stamp
	}
	if f.last = nearest(f.last, stamp); media.Distance(f.last, 0) > farthest {
		f.last = stamp
	}
	return f.last
}

// nearest returns the time next to another one that has a stamp of 33 bits.
func nearest(to, stamp int64) int64 {
	return to + (stamp-to)<<(64-clockBits)>>(64-clockBits)
}

func (f *reader) Next() (*flv.AccessUnit, error) {
	for f.err == nil && !f.ready() {
		f.err = f.read()
	}
	s := f.earliest()
	if s == nil {
		return nil, f.err
	}
	u := s.pop()
	f.unit, f.at = u.AccessUnit, u.at
	f.unit.DTS, f.unit.PTS = f.time(u.dts), f.time(u.pts)
	return &f.unit, nil
}

func (f *reader) time(t int64) time.Duration { return media.Ticks(t-f.first, clock) }

// ready reports whether it is known which unit comes next: all streams have one, or so much is held that
// the others are no longer waited for.
func (f *reader) ready() bool {
	held, size, missing := 0, 0, false
	var first, last int64
	for _, s := range f.streams {
		if len(s.queue) == 0 {
			missing = missing || s.pid != nowhere
			continue
		}
		if held == 0 || s.queue[0].dts < first {
			first = s.queue[0].dts
		}
		if end := s.queue[len(s.queue)-1].dts; held == 0 || end > last {
			last = end
		}
		held += len(s.queue)
		size += s.bytes
	}
	return held > 0 && (!missing || held >= heldUnits || size >= heldBytes || last-first > heldTime)
}

// earliest returns the stream with the next unit, nil if there is none. Video is first, and wins ties.
func (f *reader) earliest() (next *stream) {
	for _, s := range f.streams {
		if len(s.queue) > 0 && (next == nil || s.queue[0].dts < next.queue[0].dts) {
			next = s
		}
	}
	return next
}

func (f *reader) End() time.Duration {
	var last time.Duration
	for _, s := range f.streams {
		if !s.begun {
			continue
		}
		if s.frame > 0 {
			last = max(last, f.time(s.lastAt+s.frame))
		} else {
			last = max(last, f.time(s.lastAt)+media.DefaultFrameDuration)
		}
	}
	return last
}
