package core

import "time"

// A source can stand in for a camera, whose frames are pushed: Options.SourceDelay. Then its feeder waits for the camera
// after PUBLISHING, feeds when no frame comes, and gives way as soon as one does.

// sourceDelayChanged makes a new Options.SourceDelay take effect. With 0 the source stands in no more, and begins at once
// where the camera held it off.
func (p *Publisher) sourceDelayChanged() {
	p.mu.Lock()
	session, standsIn := p.session, p.options.SourceDelay > 0
	p.standsIn.Store(standsIn)
	if !standsIn {
		p.held = nil
	}
	if p.feeder != nil {
		select {
		case p.feeder.hurry <- struct{}{}:
		default: // it is going to look already
		}
	}
	p.mu.Unlock()
	p.startFeeder(session)
}

// holdSource keeps the source off for the rest of the connection; in the next one it begins anew.
func (p *Publisher) holdSource() {
	p.holding.Lock()
	defer p.holding.Unlock()
	p.mu.Lock()
	if p.session == nil || p.held == p.session || p.state != StatePublishing {
		p.mu.Unlock()
		return
	}
	src := p.source
	p.source, p.sourceUsed, p.held = nil, false, p.session
	wait := p.dismissFeeder()
	p.mu.Unlock()
	wait()
	closeSource(src)
	p.muxer.restart()
}

// delayLeft returns how long a source has to wait for the camera.
func (p *Publisher) delayLeft(s *session) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(s.mediaStart.Add(p.options.SourceDelay))
}

// standBy waits for the camera, and returns false when the feeder is stopped meanwhile.
func (f *feeder) standBy(p *Publisher) bool {
	for {
		wait := p.delayLeft(f.session)
		if wait <= 0 {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-f.hurry:
			timer.Stop()
		case <-f.quit:
			timer.Stop()
			p.mu.Lock()
			if p.source == f.source {
				p.sourceUsed = f.resumed // nothing was read
			}
			p.mu.Unlock()
			return false
		}
	}
}
