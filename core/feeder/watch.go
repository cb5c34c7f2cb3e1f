package feeder

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"luatrtmp/core/flv"
)

// watch notices that nothing of a source, or of one of its kinds of media, can be sent.
type watch struct {
	log     *slog.Logger
	trouble *trouble

	mu           sync.Mutex
	video, audio failingMedia
	nothing      failingMedia // no access units come at all; of a live source
}

// failingMedia is what is known of units that could not be sent since the latest one that could.
type failingMedia struct {
	since time.Time // of the first of them; zero if there is none
	told  bool
}

// silenceWarning: when nothing could be sent for so long, the user is told.
const silenceWarning = 5 * time.Second

var (
	errAwaitsKey = errors.New("no key frame has come that decoding could begin with")
	errNoFrame   = errors.New("its access units hold no frame")
)

// whyNot returns why a unit was not sent, nil if it was.
func (r Result) whyNot() error {
	switch r {
	case HasNoFrame:
		return errNoFrame
	case AwaitsKey:
		return errAwaitsKey
	}
	return nil
}

// note takes note of a unit that was sent, or of why it was not.
func (w *watch) note(kind flv.Kind, why error) {
	if kind == flv.Video {
		w.look(&w.video, "video", why, false, time.Now)
	} else {
		w.look(&w.audio, "audio", why, false, time.Now)
	}
}

// look says once that something has been failing for silenceWarning, and that it is over. logged says that the log has the
// reason already.
func (w *watch) look(f *failingMedia, what string, why error, logged bool, now func() time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case why == nil && f.since.IsZero():
	case why == nil:
		if f.told {
			w.log.Info("the source is sent again", "what", what)
		}
		*f = failingMedia{}
		if !w.video.told && !w.audio.told && !w.nothing.told {
			w.trouble.clear()
		}
	case f.since.IsZero():
		f.since = now()
	case !f.told:
		if lasts := now().Sub(f.since); lasts >= silenceWarning {
			f.told = true
			if !logged {
				w.log.Warn("nothing of the source can be sent", "what", what, "since", lasts.Round(time.Second), "why", why)
			}
			w.trouble.set(why)
		}
	}
}
