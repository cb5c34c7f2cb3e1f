package rtp

import "time"

// sender is whose packets a medium takes: those of one synchronisation source (SSRC) with one payload type. Another source takes over when
// two packets of it came in sequence and none of the one before in between: a sender that was started anew. Two that send at the same time
// do not take turns: the one that was displaced has to wait until the other is silent for silence.
type sender struct {
	known       bool
	ssrc        uint32
	payloadType int // -1: that of the first packet
	lastSeen    time.Duration

	displaced    uint32
	hasDisplaced bool

	candidate     heldPacket
	candidateSSRC uint32
}

const silence = time.Second

// verdict on a packet.
type verdict uint8

const (
	refused  verdict = iota
	accepted         // of the known sender
	first            // of the first sender
	takeover         // of another one; the packet before it is in candidate
)

func (s *sender) judge(ssrc uint32, p packet) verdict {
	switch {
	case !s.known:
		s.known, s.ssrc, s.lastSeen = true, ssrc, p.arrival
		return first
	case ssrc == s.ssrc:
		s.lastSeen = p.arrival
		s.candidate.used = false
		return accepted
	case s.hasDisplaced && ssrc == s.displaced && p.arrival-s.lastSeen < silence:
		return refused
	case s.candidate.used && s.candidateSSRC == ssrc && p.seq == s.candidate.seq+1:
		s.displaced, s.hasDisplaced = s.ssrc, true
		s.ssrc, s.lastSeen = ssrc, p.arrival
		s.candidate.used = false
		return takeover
	}
	s.candidate.hold(p)
	s.candidateSSRC = ssrc
	return refused
}
