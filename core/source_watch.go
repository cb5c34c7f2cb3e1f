package core

import (
	"errors"
	"sync"
	"time"

	"luatrtmp/core/flv"
)

// sourceWatch notices that nothing of a source, or of one of its kinds of media, can be sent.
type sourceWatch struct {
	p            *Publisher
	mu           sync.Mutex
	video, audio failingMedia
	nothing      failingMedia // no access units come at all; of a live source
}

// failingMedia is what is known of units that could not be sent since the latest one that could.
type failingMedia struct {
	since time.Time // of the first of them; zero if there is none
	told  bool
}

var (
	errAwaitsKey = errors.New("no key frame has come that decoding could begin with")
	errNoFrame   = errors.New("its access units hold no frame")
)

// note takes note of a unit that was sent, or of why it was not.
func (w *sourceWatch) note(kind flv.Kind, why error) {
	if kind == flv.Video {
		w.look(&w.video, "video", why, time.Now)
	} else {
		w.look(&w.audio, "audio", why, time.Now)
	}
}

// look says once that something has been failing for silenceWarning, and that it is over.
func (w *sourceWatch) look(f *failingMedia, what string, why error, now func() time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case why == nil && f.since.IsZero():
	case why == nil:
		if f.told {
			w.p.log.Info("the source is sent again", "what", what)
		}
		*f = failingMedia{}
		if !w.video.told && !w.audio.told && !w.nothing.told {
			w.p.sourceError.Store(nil)
		}
	case f.since.IsZero():
		f.since = now()
	case !f.told:
		if lasts := now().Sub(f.since); lasts >= silenceWarning {
			f.told = true
			if why != errNoPackets { // which live.watch says, for each medium
				w.p.log.Warn("nothing of the source can be sent", "what", what, "since", lasts.Round(time.Second), "why", why)
			}
			w.p.setSourceError(why)
		}
	}
}

// setSourceError keeps why nothing of the source can be sent.
func (p *Publisher) setSourceError(why error) {
	text := why.Error()
	p.sourceError.Store(&text)
}

// SourceError returns why nothing of the source can be sent although it should be, or why it failed;
// "" while all is well. A new source, or one that goes on, begins without an error.
func (p *Publisher) SourceError() string {
	if text := p.sourceError.Load(); text != nil {
		return *text
	}
	return ""
}
