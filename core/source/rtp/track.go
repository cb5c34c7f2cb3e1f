package rtp

import (
	"bytes"
	"time"

	pion "github.com/pion/rtp"

	"luatrtmp/core/flv"
)

// track is the way of one medium's packets: sender, order, access units or frames, times.
type track struct {
	s      *Stream
	m      *Medium
	packet pion.Packet // scratch
	sender sender
	order  reorder
	clock  clock
	video  *video // or
	frames frames
	emit   func([]byte, int64) // frame, made once

	config  []byte // that went out last; nil: none since play
	yielded bool   // something since play
	last    time.Duration
	hasLast bool
	arrival time.Duration // of the packet that is taken apart
	counts  Counts

	warnedIgnored bool // about Medium.ignored
}

func newTrack(s *Stream, m *Medium) (*track, error) {
	t := &track{s: s, m: m, clock: clock{rate: int64(m.ClockRate)}}
	t.sender.payloadType = m.PayloadType
	t.order.out = t.inOrder
	if m.Codec.Kind() == flv.Audio {
		t.frames, t.emit = newFrames(m), t.frame
		return t, nil
	}
	known, err := flv.NewVideoTrack(m.Codec)
	if err != nil {
		return nil, err
	}
	if len(m.Sets) > 0 {
		if _, err = known.Take(m.Sets); err != nil {
			return nil, err
		}
	}
	t.video = newVideo(m, known, t.picture)
	return t, nil
}

// take takes one RTP packet.
func (t *track) take(datagram []byte, now time.Duration) {
	h := &t.packet
	if err := h.Unmarshal(datagram); err != nil || h.Version != 2 {
		t.counts.Refused++
		t.s.warn(warnNoRTP, now, "%v: what comes in is not RTP", t.m.Codec)
		return
	}
	pt := int(h.PayloadType)
	if want := t.m.PayloadType; want >= 0 && pt != want || want < 0 && t.sender.known && h.SSRC == t.sender.ssrc && pt != t.sender.payloadType {
		t.counts.Refused++
		t.s.warn(warnPayloadType, now, "%v: packets of payload type %d are left out, expected %d", t.m.Codec, pt, t.sender.payloadType)
		return
	}
	p := packet{seq: h.SequenceNumber, timestamp: h.Timestamp, marker: h.Marker, payload: h.Payload, arrival: now}
	switch t.sender.judge(h.SSRC, p) {
	case refused:
		t.counts.Refused++
		return
	case first:
		t.sender.payloadType = pt
	case takeover:
		t.sender.payloadType = pt
		t.takeover()
		t.s.warn(warnSender, now, "%v: another sender has taken over (SSRC %08x)", t.m.Codec, h.SSRC)
		t.counts.Packets++
		t.order.push(t.sender.candidate.packet)
	}
	t.counts.Packets++
	t.order.push(p)
	t.clock.settle(t.sender.ssrc)
}

// takeover ends what the sender before has sent: nothing that comes from now on has to do with it.
func (t *track) takeover() {
	t.order.restart(t.sender.candidate.seq)
	if t.video != nil {
		t.video.interrupt(0, restart)
	}
	t.clock.renew = true
	t.clock.report.known = false
}

// inOrder takes the packets in order.
func (t *track) inOrder(p packet, before gap) {
	t.arrival = p.arrival
	switch before {
	case lossGap:
		t.s.warn(warnLoss, p.arrival, "%v: packets are lost, %d so far", t.m.Codec, t.order.lost)
	case renumbered, restart: // after another sender took over this is not said again: it is the same matter
		t.s.warn(warnSender, p.arrival, "%v: the sender has begun anew to number its packets, with %d", t.m.Codec, p.seq)
	}
	var err error
	if t.video != nil {
		err = t.video.push(p, before)
		t.report()
	} else {
		if before != noGap {
			t.frames.reset()
		}
		if len(p.payload) == 0 {
			return
		}
		at, _ := t.clock.take(p.timestamp, p.arrival, !t.yielded)
		t.clock.settle(t.sender.ssrc)
		if t.s.align(p.arrival); !t.yielded {
			t.clock.step()
		}
		err = t.frames.add(p.payload, p.marker, at, t.emit)
	}
	if err != nil {
		t.counts.Malformed++
		t.s.warn(warnMalformed, p.arrival, "%v: %v", t.m.Codec, err)
	}
}

// report passes on what was dropped, and what the sender does wrong.
func (t *track) report() {
	noEnd, split := t.video.picture.takeRemarks()
	if noEnd {
		t.s.warn(warnNoEnd, t.arrival, "%v: NAL units come in fragments without an end; they end where the next one begins", t.m.Codec)
	}
	if split {
		t.s.warn(warnStartCodes, t.arrival, "%v: NAL units come with start codes, which RTP does not have; they are separated there", t.m.Codec)
	}
	if pictures, size := t.video.takeDropped(); pictures+size > 0 && t.s.playing {
		t.s.sink.Dropped(pictures, size)
	}
}

// picture gives an access unit of video its times.
func (t *track) picture(u videoUnit) {
	ext, jumped := t.clock.take(u.timestamp, u.arrival, true)
	if jumped {
		t.video.order.reset()
	}
	pts := ext
	if t.m.ClockRate != extractorRate {
		pts = ext * extractorRate / int64(t.m.ClockRate)
	}
	pts += int64(u.repeats) * extractorRate / 1000 // two pictures do not have one time
	dts := t.video.order.dts(u.parts, pts)
	if !t.s.playing {
		return
	}
	unit := &t.s.unit
	*unit = flv.AccessUnit{Kind: flv.Video, Codec: t.m.Codec, PTS: t.clock.time(ext) + time.Duration(u.repeats)*time.Millisecond}
	unit.DTS = unit.PTS - time.Duration(pts-dts)*time.Second/extractorRate
	if t.m.Codec.HasNALUs() {
		unit.NALUs = u.parts
	} else {
		unit.Data = u.parts[0]
	}
	t.configure(unit, t.video.track.Record())
	t.s.videoUnit(unit, t)
}

// frame gives an audio frame its time.
func (t *track) frame(data []byte, at int64) {
	if !t.s.playing {
		return
	}
	unit := &t.s.unit
	*unit = flv.AccessUnit{Kind: flv.Audio, Codec: t.m.Codec, PTS: t.clock.time(at), Data: data}
	unit.DTS, t.yielded = unit.PTS, true
	config := t.frames.config()
	if config == nil {
		config = t.m.Config
	}
	t.configure(unit, config)
	t.s.audioUnit(unit, t)
}

// configure puts the configuration into the unit if it is not the one that went out last.
func (t *track) configure(unit *flv.AccessUnit, config []byte) {
	if config != nil && !bytes.Equal(config, t.config) {
		unit.Config, t.config = config, config
	}
}

// send passes a unit on. Time never goes back.
func (t *track) send(unit *flv.AccessUnit) {
	if t.hasLast && unit.DTS < t.last {
		unit.PTS = max(unit.PTS, t.last)
		unit.DTS = t.last
	}
	t.last, t.hasLast = unit.DTS, true
	t.s.sink.Unit(unit)
}

// play begins anew: with the next key frame, and with the configuration.
func (t *track) play() {
	t.config, t.hasLast, t.yielded = nil, false, false
	if t.video != nil {
		t.video.wait()
	}
	t.clock.step()
}

// deadline returns when tick is due.
func (t *track) deadline() (time.Duration, bool) {
	if due, ok := t.order.deadline(); ok || t.video == nil {
		return due, ok
	}
	return t.video.deadline()
}

// tick ends what was waited for too long. A picture is not at its end while packets wait for those before them, which may be of it.
func (t *track) tick(now time.Duration) {
	t.order.tick(now)
	if _, waits := t.order.deadline(); !waits && t.video != nil {
		t.video.tick(now)
		t.report()
	}
}
