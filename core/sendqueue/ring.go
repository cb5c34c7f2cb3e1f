package sendqueue

// ring is a queue of messages in a circular buffer.
type ring struct {
	buffer []*Message // its length is a power of two, or 0; what is not used is nil
	first  int        // index of the oldest message
	count  int
}

// at returns the message at an index; the oldest has index 0.
func (r *ring) at(i int) *Message { return *r.place(i) }

func (r *ring) place(i int) **Message { return &r.buffer[(r.first+i)&(len(r.buffer)-1)] }

// push appends a message.
func (r *ring) push(m *Message) {
	if r.count == len(r.buffer) {
		r.grow()
	}
	r.count++
	*r.place(r.count - 1) = m
}

func (r *ring) grow() {
	larger := make([]*Message, max(16, 2*len(r.buffer)))
	n := copy(larger, r.buffer[r.first:])
	copy(larger[n:], r.buffer[:r.first])
	r.buffer, r.first = larger, 0
}

// pop removes the oldest message.
func (r *ring) pop() *Message {
	place := r.place(0)
	m := *place
	*place = nil
	r.first = (r.first + 1) & (len(r.buffer) - 1)
	r.count--
	return m
}

// remove removes those of the messages from first up to end that gone picks; it is asked once for each
// of them. What stays of them, and what is older, moves up: mostly the oldest messages go.
func (r *ring) remove(first, end int, gone func(*Message) bool) {
	to := end
	for i := end - 1; i >= 0; i-- {
		if i < first && to == i+1 {
			return // nothing has gone
		}
		m := r.at(i)
		if i >= first && gone(m) {
			continue
		}
		to--
		*r.place(to) = m
	}
	for range to {
		r.pop()
	}
}
