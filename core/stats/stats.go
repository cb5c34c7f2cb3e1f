package stats

import (
	"sync"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/sendqueue"
)

// Stats counts what a Publisher did since it was made; reconnecting does not reset it. The fields are those of
// rtmp_stats_t.
type Stats struct {
	BytesSent          uint64 // written to the network, protocol included
	VideoFramesSent    uint32 // pictures handed to the network
	AudioFramesSent    uint32
	ConnectionTime     time.Duration // since the server accepted `connect`; 0 without a connection
	PacketsSent        uint32        // RTMP messages
	LastVideoTimestamp uint32        // ms, as sent
	LastAudioTimestamp uint32
	IFrames, PFrames   uint32 // key frames, all other pictures
	IBytes, PBytes     uint64
	AudioBytes         uint64
	DroppedFrames      uint32 // pictures dropped before the first key frame or because the queue was full
	DroppedBytes       uint64
}

// Info tells how the connection fares and what it carries.
type Info struct {
	QueueMedia    time.Duration // media time waiting to be sent
	QueueBytes    int
	SendKbps      uint32        // over the last seconds
	RTT           time.Duration // as the kernel measures it
	RTTKnown      bool          // it has measured it, and can tell
	Reconnects    uint32
	Width, Height int    // 0: unknown
	VideoCodec    string // "" without video
	AudioCodec    string
}

// Counters are shared by all connections of a Publisher.
type Counters struct {
	mu    sync.Mutex
	stats Stats
	rate  rateMeter
}

// Wrote counts bytes that the kernel took.
func (c *Counters) Wrote(n int64, now time.Time) {
	c.mu.Lock()
	c.stats.BytesSent += uint64(n)
	c.rate.add(now, n)
	c.mu.Unlock()
}

// Sent counts messages that are wholly written.
func (c *Counters) Sent(batch []*sendqueue.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range batch {
		c.stats.count(&e.Header, e.Priority, e.Size)
	}
}

// SentNow counts a message that the kernel took whole, in n bytes.
func (c *Counters) SentNow(n int64, now time.Time, h *chunk.Header, p sendqueue.Priority, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.BytesSent += uint64(n)
	c.rate.add(now, n)
	c.stats.count(h, p, size)
}

func (s *Stats) count(h *chunk.Header, p sendqueue.Priority, size int) {
	s.PacketsSent++
	switch p {
	case sendqueue.Audio:
		s.AudioFramesSent++
		s.AudioBytes += uint64(size)
		s.LastAudioTimestamp = h.Timestamp
	case sendqueue.KeyFrame:
		s.VideoFramesSent++
		s.IFrames++
		s.IBytes += uint64(size)
		s.LastVideoTimestamp = h.Timestamp
	case sendqueue.InterFrame, sendqueue.Disposable, sendqueue.Leading, sendqueue.LeadingDisposable:
		s.VideoFramesSent++
		s.PFrames++
		s.PBytes += uint64(size)
		s.LastVideoTimestamp = h.Timestamp
	}
}

// Dropped counts pictures that were dropped.
func (c *Counters) Dropped(frames uint32, bytes uint64) {
	if frames == 0 {
		return
	}
	c.mu.Lock()
	c.stats.DroppedFrames += frames
	c.stats.DroppedBytes += bytes
	c.mu.Unlock()
}

// Snapshot returns what has been counted so far.
func (c *Counters) Snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// SetWindow sets over how many seconds Kbps measures, 1 to MaxWindow. What has been measured is kept.
func (c *Counters) SetWindow(seconds int64) {
	c.mu.Lock()
	c.rate.setWindow(seconds)
	c.mu.Unlock()
}

// Kbps returns the rate of sending over the last seconds.
func (c *Counters) Kbps(now time.Time) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rate.kbps(now)
}
