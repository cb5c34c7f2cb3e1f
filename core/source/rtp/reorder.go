package rtp

import "time"

// packet is what of an RTP packet goes on after its header was read.
type packet struct {
	seq       uint16
	timestamp uint32
	marker    bool
	payload   []byte
	arrival   time.Duration
}

// reorder puts packets in the order of their sequence numbers. It holds back those that come too early, reorderPackets and reorderTime at
// most.
type reorder struct {
	out     func(packet, gap) // takes the packets in order; must be set
	started bool
	next    uint16 // the sequence number that is due
	held    [reorderPackets]heldPacket
	count   int // of held ones

	// A packet far from what is due may be a stray, or the first one after a restart of the sender: the next one tells. RFC 3550, A.1.
	stray     heldPacket
	lateSince time.Duration // packets come that should have come before; 0: none
	late      bool

	pending gap           // what is in front of the next packet
	latest  time.Duration // arrival of the packet that was passed on last

	duplicates, lost uint64
}

type heldPacket struct {
	packet
	used bool
	copy []byte // of the payload; kept for reuse
}

func (h *heldPacket) hold(p packet) {
	h.copy = append(h.copy[:0], p.payload...)
	h.packet, h.used = p, true
	h.payload = h.copy
}

const (
	// maxMisorder is how far back a sequence number may be that is late and no restart.
	maxMisorder = 512

	// maxDropout is how far ahead one may be that follows a loss and is no restart. RFC 3550, A.1.
	maxDropout = 3000

	// maxLate is how long nothing but late packets may come, until they are taken for a restart.
	maxLate = 500 * time.Millisecond

	// renumberTime is the time within which a sender does not send maxDropout packets: where so many seem to be missing between two that
	// arrived, or were made, within it, the sender has numbered its packets anew and none is missing.
	renumberTime = 500 * time.Millisecond
)

// gap says what is in front of a packet.
type gap uint8

const (
	noGap      gap = iota
	renumbered     // the sequence begins anew, and it does not look as if packets were missing
	lossGap        // packets are missing
	restart        // the sequence begins anew, and nothing from before goes on
)

// emit passes on the packet that was due.
func (r *reorder) emit(p packet, before gap) {
	before = max(before, r.pending)
	r.pending, r.latest = noGap, p.arrival
	r.out(p, before)
}

// push takes a packet, whose payload is not kept, and passes on what is due.
func (r *reorder) push(p packet) {
	if !r.started {
		r.started, r.next = true, p.seq
	}
	switch ahead := int(int16(p.seq - r.next)); {
	case ahead == 0:
		r.progress()
		r.next++
		r.emit(p, noGap)
		r.release(noGap)
	case ahead > 0 && ahead < reorderPackets:
		r.progress()
		if slot := &r.held[p.seq%reorderPackets]; slot.used {
			r.duplicates++
		} else {
			slot.hold(p)
			r.count++
		}
	case ahead < 0 && ahead > -maxMisorder:
		r.tooLate(p)
	default:
		r.farAway(p)
	}
}

func (r *reorder) progress() { r.late, r.stray.used = false, false }

// release passes on the held packets that are due. before is what is in front of the first.
func (r *reorder) release(before gap) {
	for r.count > 0 {
		slot := &r.held[r.next%reorderPackets]
		if !slot.used {
			return
		}
		slot.used = false
		r.count--
		r.next++
		r.emit(slot.packet, before)
		before = noGap
	}
}

// skipTo gives up waiting for packets before seq: what is held of them is passed on.
func (r *reorder) skipTo(seq uint16) {
	for r.count > 0 && int16(seq-r.next) > 0 {
		r.skipHole()
	}
	if missing := int16(seq - r.next); missing > 0 {
		r.lost += uint64(missing)
		r.next = seq
		r.pending = max(r.pending, lossGap)
	}
}

// skipHole gives up waiting for the packets before the first held one.
func (r *reorder) skipHole() {
	for !r.held[r.next%reorderPackets].used {
		r.lost++
		r.next++
	}
	r.release(lossGap)
}

// tooLate: the packet was there already, or was given up. But if nothing else comes any more, the sender has begun anew.
func (r *reorder) tooLate(p packet) {
	if r.late && p.arrival-r.lateSince > maxLate {
		r.restart(p.seq)
		r.push(p)
		return
	}
	if !r.late {
		r.late, r.lateSince = true, p.arrival
	}
	r.duplicates++
}

// farAway: one such packet is a stray, two that are near each other are a loss of many packets, or a restart.
func (r *reorder) farAway(p packet) {
	distance := int16(p.seq - r.stray.seq)
	if !r.stray.used || distance == 0 || distance <= -reorderPackets || distance >= reorderPackets {
		r.stray.hold(p)
		return
	}
	begin := p.seq
	if distance > 0 {
		begin = r.stray.seq
	}
	if ahead := int16(begin - r.next); ahead > 0 && ahead < maxDropout {
		r.skipTo(begin)
	} else {
		r.restart(begin)
		if r.stray.arrival-r.latest <= renumberTime {
			r.pending = renumbered
		}
	}
	r.progress()
	r.push(r.stray.packet)
	r.push(p)
}

// restart begins anew with a sequence number, after what is held. It serves for another sender too.
func (r *reorder) restart(seq uint16) {
	r.flush()
	r.progress()
	r.next, r.pending = seq, restart
}

// flush passes on all that is held.
func (r *reorder) flush() {
	for r.count > 0 {
		r.skipHole()
	}
}

// deadline returns when tick is due; false: nothing is held.
func (r *reorder) deadline() (time.Duration, bool) {
	var first time.Duration
	found := false
	if r.count == 0 {
		return 0, false
	}
	for i := range r.held {
		if h := &r.held[i]; h.used && (!found || h.arrival < first) {
			first, found = h.arrival, true
		}
	}
	return first + reorderTime, found
}

// tick gives up what was waited for too long.
func (r *reorder) tick(now time.Duration) {
	for {
		due, ok := r.deadline()
		if !ok || due > now {
			return
		}
		r.skipHole()
	}
}
