package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/asticode/go-astits"

	"luatrtmp/core/flv"
)

// Limits on transport streams.
const (
	tsClock     = 90000 // of PTS and DTS
	tsClockBits = 33

	// tsProbeBytes is how far each track has to show itself: 8 s at 8 Mbit/s, while tables and key frames come every few seconds at most.
	tsProbeBytes = 8 << 20

	// What is held to put audio and video in order: multiplexers write audio up to a second late.
	tsHeldUnits = 4096
	tsHeldBytes = 32 << 20
	tsHeldTime  = 3 * tsClock

	tsMaxPESPackets = maxAccessUnitSize/(tsPacketSize-4) + 1 // the largest RTMP message
	tsPrograms      = 64
)

// tsFile reads a transport stream, ISO/IEC 13818-1. Packets and tables are the library's; what it makes of the elementary streams, in another module
// on top of it, asks for whole frames in each PES packet and for all tracks to be there, which files need not have.
type tsFile struct {
	*input
	info          Info
	start, stride int

	packets  tsPackets
	demuxer  *astits.Demuxer
	sizes    map[uint16]int // packets since the begin of the unit, by PID
	scanned  bool           // the tracks are chosen
	program  uint16
	table    uint16   // PID of its map
	programs []uint16 // all that were seen

	streams []*tsStream // of the program; when scanned, those that are sent: video, then audio
	names   []string    // what is not sent
	last    int64       // the last time stamp, without wraps
	timed   bool
	first   int64 // the smallest DTS
	unit    flv.AccessUnit
	err     error
}

func openTS(in *input, start, stride int) (medium, error) {
	f := &tsFile{input: in, start: start, stride: stride}
	if err := f.probe(); err != nil {
		return nil, err
	}
	return f, f.rewind()
}

func (f *tsFile) Info() Info { return f.info }

func (f *tsFile) rewind() error {
	f.packets = tsPackets{window: window{in: f.input, offset: int64(f.start), buf: f.packets.buf[:0]}, stride: f.stride}
	f.demuxer = astits.NewDemuxer(context.Background(), &f.packets, astits.DemuxerOptPacketSize(tsPacketSize), astits.DemuxerOptPacketSkipper(f.skips))
	f.sizes = map[uint16]int{}
	f.timed, f.err = false, nil
	for _, s := range f.streams {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return nil
}

// skips tells which packets do not matter: those of other streams, once it is known which are sent, and those of units that are too large.
func (f *tsFile) skips(p *astits.Packet) bool {
	h := &p.Header
	stream := f.byPID(h.PID)
	if f.scanned && stream == nil && h.PID >= tsFirstFreePID && h.PID != f.table {
		return true
	}
	if stream != nil && h.TransportScramblingControl != astits.ScramblingControlNotScrambled {
		stream.fault = cmp.Or(stream.fault, fmt.Errorf("encrypted media (PID %d at offset %d) is %w", h.PID, f.packets.packet, ErrUnsupported))
		return true
	}
	if h.PayloadUnitStartIndicator {
		f.sizes[h.PID] = 0
	}
	f.sizes[h.PID]++
	return f.sizes[h.PID] > tsMaxPESPackets
}

func (f *tsFile) byPID(pid uint16) *tsStream {
	for _, s := range f.streams {
		if s.pid == pid {
			return s
		}
	}
	return nil
}

// read takes the next table or PES packet. The error is io.EOF at the end, or what is wrong behind all that is good.
func (f *tsFile) read() error {
	data, err := f.demuxer.NextData()
	if errors.Is(err, astits.ErrNoMorePackets) {
		for _, s := range f.streams {
			s.flush()
		}
		return cmp.Or(f.packets.fault, io.EOF)
	}
	switch {
	case err != nil: // a damaged packet or table: the next ones may be good
	case data.PAT != nil:
		f.takePrograms(data.PAT)
	case data.PMT != nil:
		f.takeProgram(data.PID, data.PMT)
	case data.PES != nil:
		if s := f.byPID(data.PID); s != nil {
			f.takePES(s, data.PES)
		}
	}
	return nil
}

func (f *tsFile) takePES(s *tsStream, pes *astits.PESData) {
	p := tsPES{data: pes.Data}
	if h := pes.Header.OptionalHeader; h != nil && h.PTS != nil {
		p.timed, p.hasDTS = true, h.DTS != nil
		p.pts = f.follow(h.PTS.Base)
		p.dts = p.pts
		if p.hasDTS {
			p.dts = f.follow(h.DTS.Base)
		}
	}
	s.add(p)
}

// follow takes the next time stamp of 33 bits through its wraps.
func (f *tsFile) follow(stamp int64) int64 {
	if !f.timed {
		f.timed, f.last = true, stamp
	}
	f.last = nearest(f.last, stamp)
	return f.last
}

// nearest returns the time next to another one that has a stamp of 33 bits.
func nearest(to, stamp int64) int64 {
	return to + (stamp-to)<<(64-tsClockBits)>>(64-tsClockBits)
}

func (f *tsFile) Next() (*flv.AccessUnit, error) {
	for f.err == nil && !f.ready() {
		f.err = f.read()
	}
	s := f.earliest()
	if s == nil {
		return nil, f.err
	}
	u := s.pop()
	f.unit = u.AccessUnit
	f.unit.DTS, f.unit.PTS = f.time(u.dts), f.time(u.pts)
	return &f.unit, nil
}

func (f *tsFile) time(t int64) time.Duration { return ticks(t-f.first, tsClock) }

// ready tells whether it is known which unit comes next: when all streams have one, or enough is held to do without.
func (f *tsFile) ready() bool {
	held, size, missing := 0, 0, false
	var first, last int64
	for _, s := range f.streams {
		if len(s.queue) == 0 {
			missing = true
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
	return held > 0 && (!missing || held >= tsHeldUnits || size >= tsHeldBytes || last-first > tsHeldTime)
}

// earliest returns the stream with the next unit, nil if there is none. Video is first, and wins ties.
func (f *tsFile) earliest() (next *tsStream) {
	for _, s := range f.streams {
		if len(s.queue) > 0 && (next == nil || s.queue[0].dts < next.queue[0].dts) {
			next = s
		}
	}
	return next
}

func (f *tsFile) end() time.Duration {
	var last time.Duration
	for _, s := range f.streams {
		if !s.begun {
			continue
		}
		if s.frame > 0 {
			last = max(last, f.time(s.lastAt+s.frame))
		} else {
			last = max(last, f.time(s.lastAt)+defaultFrameDuration)
		}
	}
	return last
}
