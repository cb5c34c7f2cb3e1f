package main

import (
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

var goodbyePatience patience

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

// awaitGoodbyes waits until all channels are closed, for as long as the patience lasts, and for least at least.
func awaitGoodbyes(least time.Duration, all ...<-chan struct{}) {
	limit := time.NewTimer(max(least, goodbyePatience.begin(time.Now())))
	defer limit.Stop()
	defer func() { goodbyePatience.end(time.Now()) }()
	for _, over := range all {
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

// awaitAllGoodbyes is awaitGoodbyes for all contexts of this process that have been ended.
func awaitAllGoodbyes(least time.Duration) {
	instances.RLock()
	all := make([]<-chan struct{}, 0, len(instances.leaving))
	for _, over := range instances.leaving {
		all = append(all, over)
	}
	instances.RUnlock()
	if len(all) > 0 {
		awaitGoodbyes(least, all...)
	}
}
