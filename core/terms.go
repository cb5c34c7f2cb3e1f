package core

import (
	"luatrtmp/core/flv"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
)

// knownForms returns how the media that is known by now would be sent: that of the source, and what
// has been pushed.
func (p *Publisher) knownForms(o *options.Options) []flv.Form {
	pushed := p.pushed.Load()
	if !pushed && !p.standsIn.Load() {
		return p.sourceMedia().Forms(o.LegacyHEVC)
	}
	all := p.muxer.Forms(o.LegacyHEVC)
	if !pushed {
		p.mu.Lock()
		all = append(all, p.media.Forms(o.LegacyHEVC)...)
		p.mu.Unlock()
	}
	return all
}

// sourceMedia returns what is known of the source that is going to feed the stream: nothing if
// frames are pushed, or may be.
func (p *Publisher) sourceMedia() mux.Expectation {
	if p.pushed.Load() || p.standsIn.Load() {
		return mux.Expectation{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.media
}
