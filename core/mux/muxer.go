package mux

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
)

// Config is what a Muxer needs from its owner. All functions must be there.
type Config struct {
	// Encoder is the name of the encoder in onMetaData.
	Encoder string

	// Clock returns the time. Only the time between two moments matters.
	Clock func() time.Time

	// Dropped is told of frames that are not sent, because they cannot be decoded.
	Dropped func(frames uint32, bytes uint64)

	// Warn logs what a user may want to know: a text, then names and values in turn.
	Warn func(text string, args ...any)
}

// Muxer turns access units of any number of tracks into messages. It outlives connections: what is
// known of the media is kept, and what has been sent is forgotten at each Attach.
type Muxer struct {
	config Config
	user   userFields    // of onMetaData
	frames atomic.Uint64 // that went to an output

	mu      sync.Mutex
	media   media
	outlet  outlet
	next    switchover
	scratch scratch
	warned  struct{ badSet, damage bool } // the log has a warning of each
}

// New returns a Muxer that is not attached to an output.
func New(config Config) *Muxer {
	m := &Muxer{config: config}
	m.outlet.media, m.outlet.user, m.outlet.frames = &m.media, &m.user, &m.frames
	m.outlet.encoder = config.Encoder
	m.outlet.begin(nowhere())
	return m
}

// Attach begins a connection: everything is sent anew.
func (m *Muxer) Attach(to Destination) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reset(to)
}

// Detach ends the connection's media.
func (m *Muxer) Detach() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if parked, ok := m.outlet.Out.(*Parking); ok {
		parked.discard()
	}
	m.outlet.endSequences()
	m.reset(nowhere())
}

// reset forgets what has been sent and what was said of a source. It must be called with m.mu held.
func (m *Muxer) reset(to Destination) {
	m.outlet.begin(to)
	m.outlet.origin = time.Time{}
	m.media.expect = Expectation{}
	m.next = switchover{}
}

// Begin announces a source, so that the first onMetaData describes all of its tracks, and their
// sequence headers go out together.
func (m *Muxer) Begin(e Expectation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.media.begin(e)
}

// Restart forgets the media. What is sent next comes from another source: it begins at a key frame, and
// its parameter sets and timestamps have nothing to do with those before.
func (m *Muxer) Restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outlet.floor = m.outlet.latest()
	m.outlet.silence = silentTrack{}
	m.media = media{}
}

// Output returns where media goes.
func (m *Muxer) Output() Output {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.outlet.Out
}

// SendsTo reports whether media goes to an output.
func (m *Muxer) SendsTo(out Output) bool { return m.Output() == out }

// Waiting returns the media that waits for the network.
func (m *Muxer) Waiting() (media time.Duration, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.outlet.Out.Waiting()
}

// Frames returns how many frames have gone to an output.
func (m *Muxer) Frames() uint64 { return m.frames.Load() }

// AwaitsKeyFrame reports whether frames of the first video track would be dropped until its next
// key frame.
func (m *Muxer) AwaitsKeyFrame() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.media.tracks.first(flv.Video)
	return t == nil || !t.keyFrame
}

// HoldsUnits reports whether the latest units of the first video track had no frame.
func (m *Muxer) HoldsUnits() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.media.tracks.first(flv.Video)
	return t != nil && t.held.some()
}

// Elapsed returns the time since the first media of the connection, or of the first of those that
// have taken over from each other; 0 before it.
func (m *Muxer) Elapsed(now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.outlet.origin.IsZero() {
		return 0
	}
	return now.Sub(m.outlet.origin)
}

// Media is what is known of the media that is sent.
type Media struct {
	Width, Height int
	VideoCodec    string // "" without video
	AudioCodec    string
}

// Describe returns what is known of the media.
func (m *Muxer) Describe() (info Media) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.media.videoInfo(); ok {
		info.Width, info.Height, info.VideoCodec = v.Width, v.Height, v.Codec.String()
	}
	if a, ok := m.outlet.audioInfo(); ok {
		info.AudioCodec = a.Codec.String()
	}
	return info
}

// Forms returns how the tracks that have been pushed so far would be sent.
func (m *Muxer) Forms(legacyHEVC bool) []flv.Form {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []flv.Form
	for _, t := range m.media.tracks {
		all = append(all, t.form(legacyHEVC))
	}
	return all
}

// SentCodecs names the codecs that were sent to an output, or else those of the source, for an
// error's text.
func (m *Muxer) SentCodecs(out Output) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	if m.outlet.Out == out {
		for _, t := range m.media.tracks {
			if t.announced && !slices.Contains(names, t.codec().String()) {
				names = append(names, t.codec().String())
			}
		}
		if len(names) == 0 {
			for _, f := range m.media.expect.Forms(m.outlet.Wants.LegacyHEVC) {
				names = append(names, f.Codec.String())
			}
		}
	}
	if len(names) == 0 {
		return "a codec that is sent"
	}
	return "a codec that is sent (" + strings.Join(names, ", ") + ")"
}

// SetMetadata sets one extra field of onMetaData: a float64, a string or a bool. It goes out with
// the next onMetaData.
func (m *Muxer) SetMetadata(name string, value amf.Value) error { return m.user.set(name, value) }

// ClearMetadata forgets the extra fields.
func (m *Muxer) ClearMetadata() { m.user.clear() }

// ResendMetadata sends onMetaData if the user has changed it since it was sent. Before the first
// media it does nothing: onMetaData goes out with that.
func (m *Muxer) ResendMetadata() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := &m.outlet
	if !o.publishing() || len(o.metadata) == 0 {
		return nil
	}
	o.now = m.config.Clock()
	return o.sendMetadata(o.latest())
}
