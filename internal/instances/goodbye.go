package instances

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// A context that ends says goodbye to its server: what waits is sent first. Whoever ends it waits for that, but several that
// end one after the other, while their servers take nothing, are not waited for one after the other: all callers wait half
// a second together. What takes longer goes on without them, for half a second at most, and the end of the process gives it
// another moment.
const (
	goodbyesTogether = 450 * time.Millisecond // how long callers wait, one after the other
	goodbyesAtExit   = 100 * time.Millisecond // how long the end of the process waits at least

	// patienceRegained is how much of that time comes back while nobody waits: all of it in a second.
	patienceRegained = float64(goodbyesTogether) / float64(time.Second)
)

// patience is the time that callers may still wait. It is used up while anybody does, and comes back.
type patience struct {
	mu      sync.Mutex
	used    time.Duration // as of at
	at      time.Time
	waiting int
}

// update brings used up to date; mu is held.
func (p *patience) update(now time.Time) {
	passed := now.Sub(p.at)
	if p.waiting > 0 {
		p.used += passed
	} else {
		p.used -= time.Duration(float64(min(passed, time.Minute)) * patienceRegained)
	}
	p.used = max(0, min(p.used, goodbyesTogether))
	p.at = now
}

// begin begins a caller's waiting, and returns how long it may take. end must follow.
func (p *patience) begin(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(now)
	p.waiting++
	return goodbyesTogether - p.used
}

func (p *patience) end(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(now)
	p.waiting--
}

// AwaitGoodbyes waits until the channels that End has returned are closed, for as long as the patience lasts.
func (t *Table) AwaitGoodbyes(goodbyes []<-chan struct{}) { t.await(0, goodbyes) }

// AwaitAllGoodbyes is AwaitGoodbyes for all contexts that have been ended. At the exit of the process it gives them a moment at least.
func (t *Table) AwaitAllGoodbyes(exit bool) {
	t.mu.RLock()
	goodbyes := slices.Collect(maps.Values(t.leaving))
	t.mu.RUnlock()
	least := time.Duration(0)
	if exit {
		least = goodbyesAtExit
	}
	t.await(least, goodbyes)
}

// await waits until all channels are closed, for as long as the patience lasts, and for least at least.
func (t *Table) await(least time.Duration, goodbyes []<-chan struct{}) {
	if len(goodbyes) == 0 {
		return
	}
	limit := time.NewTimer(max(least, t.goodbyes.begin(time.Now())))
	defer limit.Stop()
	defer func() { t.goodbyes.end(time.Now()) }()
	for _, over := range goodbyes {
		select {
		case <-over:
			continue
		default:
		}
		select {
		case <-over:
		case <-limit.C:
			return
		}
	}
}
