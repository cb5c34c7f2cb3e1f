package core

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/options"
)

// knownForms returns how the media that is known by now would be sent: that of the source, and what
// has been pushed.
func (p *Publisher) knownForms(o *options.Options) []flv.Form {
	pushed := p.pushed.Load()
	if !pushed && !p.standsIn.Load() {
		return p.sourceMedia().forms(o.LegacyHEVC)
	}
	all := p.muxer.forms(o.LegacyHEVC)
	if !pushed {
		p.mu.Lock()
		all = append(all, p.media.forms(o.LegacyHEVC)...)
		p.mu.Unlock()
	}
	return all
}

// sourceMedia returns what is known of the source that is going to feed the stream: nothing if
// frames are pushed, or may be.
func (p *Publisher) sourceMedia() expectation {
	if p.pushed.Load() || p.standsIn.Load() {
		return expectation{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.media
}
