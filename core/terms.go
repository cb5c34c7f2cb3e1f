package core

import (
	"luatrtmp/core/feeder"
	"luatrtmp/core/flv"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
)

// knownForms returns how the media that is known by now would be sent: that of the source, and what
// has been pushed.
func (p *Publisher) knownForms(o *options.Options) []flv.Form {
	media, part := p.feeder.Media()
	var forms []flv.Form
	if part != feeder.FeedsAlone {
		forms = p.muxer.Forms(o.LegacyHEVC)
	}
	if part != feeder.IsOff {
		forms = append(forms, expectationOf(media).Forms(o.LegacyHEVC)...)
	}
	return forms
}

// sourceMedia returns what is known of the source that is going to feed the stream: nothing if
// frames are pushed, or may be.
func (p *Publisher) sourceMedia() mux.Expectation {
	if media, part := p.feeder.Media(); part == feeder.FeedsAlone {
		return expectationOf(media)
	}
	return mux.Expectation{}
}
