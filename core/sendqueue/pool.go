package sendqueue

import (
	"math/bits"
	"sync"
)

// bufferPool keeps the messages that have been sent, with their memory, for those that come: the
// steady state allocates nothing, nor does a long backlog. The capacities of the buffers are powers
// of two, and each has a list of its own.
type bufferPool struct {
	lists [poolSizes]*Message // the first message of each list, linked by next
	bytes int                 // the capacity of all that is kept
}

const (
	leastBits = 9 // 512 bytes: audio frames and small video frames share a list
	mostBits  = 24
	poolSizes = mostBits - leastBits + 1

	// maxIdleBytes is how much is kept while nothing waits: some large key frames, and the frames
	// between them.
	maxIdleBytes = 512 << 10
)

// sharedPools has what trim took out of the pools of single queues, for whichever queue has a backlog
// next, until the garbage collector takes it. Otherwise each backlog would ask for fresh memory,
// which has to be cleared.
var sharedPools [poolSizes]sync.Pool

// listOf returns the index of the list whose buffers have room for that many bytes.
func listOf(bytes int) int {
	return max(0, bits.Len(uint(max(1, bytes)-1))-leastBits)
}

// get returns a message with an empty payload that has room for size bytes.
func (p *bufferPool) get(size int) *Message {
	i := listOf(size)
	switch {
	case i >= poolSizes:
		return &Message{Payload: make([]byte, 0, size)}
	case p.lists[i] != nil:
		return p.pop(i)
	}
	if m, _ := sharedPools[i].Get().(*Message); m != nil {
		return m
	}
	return &Message{Payload: make([]byte, 0, 1<<(leastBits+i))}
}

// pop takes the first message out of a list.
func (p *bufferPool) pop(i int) *Message {
	m := p.lists[i]
	p.lists[i], m.next = m.next, nil
	p.bytes -= cap(m.Payload)
	return m
}

// put takes a message back, unless more than limit bytes were kept then.
func (p *bufferPool) put(m *Message, limit int) {
	i := listOf(cap(m.Payload))
	if i >= poolSizes || p.bytes+cap(m.Payload) > limit {
		return
	}
	m.Payload = m.Payload[:0]
	p.lists[i], m.next = m, p.lists[i]
	p.bytes += cap(m.Payload)
}

// trim leaves what is kept beyond limit bytes to all queues, the largest buffers first.
func (p *bufferPool) trim(limit int) {
	for i := poolSizes - 1; i >= 0 && p.bytes > limit; i-- {
		for p.lists[i] != nil && p.bytes > limit {
			sharedPools[i].Put(p.pop(i))
		}
	}
}
