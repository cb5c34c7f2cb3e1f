package sendqueue

import (
	"math/bits"
	"sync"
)

// spare keeps the memory of messages that are gone for those that come, so that the steady state allocates nothing, nor does a
// long backlog. Buffers are of powers of two, each size in a list of its own.
type spare struct {
	entries *[spareSizes]*Message // the first of each list; nil: nothing has been kept yet
	bytes   int
}

const (
	leastSpare = 9 // 2^9 bytes: audio frames and small pictures share a size
	spareSizes = 24 - leastSpare + 1

	// maxSpareBytes is what is kept while nothing waits: some large key frames, and the frames between them.
	maxSpareBytes = 512 << 10
)

// trimmed has what trim let go of, for whichever connection has a backlog next, until the garbage collector takes it: one backlog
// after another would otherwise ask for fresh memory, which has to be cleared, each time.
var trimmed [spareSizes]sync.Pool

// sizeOf returns the index of the list of buffers for that many bytes.
func sizeOf(bytes int) int {
	return max(0, bits.Len(uint(max(1, bytes)-1))-leastSpare)
}

// take returns an entry with an empty payload and room for size bytes.
func (s *spare) take(size int) *Message {
	i := sizeOf(size)
	if i >= spareSizes {
		return &Message{Payload: make([]byte, 0, size)}
	}
	if s.entries == nil || s.entries[i] == nil {
		if e, _ := trimmed[i].Get().(*Message); e != nil {
			return e
		}
		return &Message{Payload: make([]byte, 0, 1<<(leastSpare+i))}
	}
	return s.pop(i)
}

// pop takes the first entry out of a list.
func (s *spare) pop(i int) *Message {
	e := s.entries[i]
	s.entries[i], e.next = e.next, nil
	s.bytes -= cap(e.Payload)
	return e
}

// give takes an entry back, unless more than limit bytes were kept then.
func (s *spare) give(e *Message, limit int) {
	i := sizeOf(cap(e.Payload))
	if i >= spareSizes || s.bytes+cap(e.Payload) > limit {
		return
	}
	if s.entries == nil {
		s.entries = new([spareSizes]*Message)
	}
	e.Payload = e.Payload[:0]
	s.entries[i], e.next = e, s.entries[i]
	s.bytes += cap(e.Payload)
}

// trim leaves what is kept beyond limit bytes to all connections, the largest buffers first.
func (s *spare) trim(limit int) {
	for i := spareSizes - 1; i >= 0 && s.bytes > limit; i-- {
		for s.entries[i] != nil && s.bytes > limit {
			trimmed[i].Put(s.pop(i))
		}
	}
}
