package sendqueue

import (
	"fmt"
	"testing"
	"time"

	"luatrtmp/core/chunk"
)

// BenchmarkQueue puts pictures into the queue and takes them out again, as when the network keeps up with a backlog that stays.
func BenchmarkQueue(b *testing.B) {
	for _, c := range []struct{ size, waiting int }{{1_000, 0}, {1_000, 1000}, {20_000, 0}, {20_000, 100}} {
		b.Run(fmt.Sprintf("bytes=%d/waiting=%d", c.size, c.waiting), func(b *testing.B) {
			q := New(1<<30, time.Hour)
			pieces := [][]byte{make([]byte, 9), make([]byte, c.size-9)}
			var timestamp uint32
			queue := func(class Priority) {
				timestamp++
				push(q, chunk.Header{Timestamp: timestamp}, class, pieces)
			}
			queue(KeyFrame)
			for range c.waiting {
				queue(InterFrame)
			}
			var batch []*Message
			b.SetBytes(int64(c.size))
			b.ReportAllocs()
			for b.Loop() {
				queue(InterFrame)
				batch = q.Pop(batch[:0], 1)
				for _, e := range batch {
					q.Release(e)
				}
			}
		})
	}
}

// BenchmarkQueueDrops puts pictures into a queue that is full: groups go.
func BenchmarkQueueDrops(b *testing.B) {
	q := New(1<<20, time.Hour)
	pieces := [][]byte{make([]byte, 9), make([]byte, 4000)}
	var timestamp uint32
	b.ReportAllocs()
	for b.Loop() {
		c := InterFrame
		if timestamp%30 == 0 {
			c = KeyFrame
		}
		timestamp++
		push(q, chunk.Header{Timestamp: timestamp}, c, pieces)
	}
}
