package mux

import (
	"sync"
	"sync/atomic"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/sendqueue"
)

// MaxFrame is the largest access unit or audio frame that can be sent: one message must hold it.
const MaxFrame = chunk.MaxMessageSize - 1024

const lengthSize = 4 // bytes that say how long a NAL unit is, in front of each

// Muxer turns access units of any number of tracks into messages. It belongs to a Publisher and outlives its connections:
// the parameter sets of a camera that sends them once must not be lost. attach and detach say where the messages go;
// everything that holds for one connection only stands in outlet and in the `progress` of the tracks.
type Muxer struct {
	config   Config
	metadata metadata
	sent     atomic.Uint64 // frames that went to an output

	mu      sync.Mutex
	tracks  []*track // video before audio, by their ids
	silence silence
	scratch scratch
	now     time.Time // when the latest frame came that had a time
	next    switchover

	warnedOfSet    bool // the log has a warning of a parameter set with a fault
	warnedOfDamage bool // the log has a warning of a NAL unit that was left out
	outlet
}

// Config is what a muxer needs from its owner.
type Config struct {
	Encoder string                            // as onMetaData names it
	Clock   func() time.Time                  // only the time between two moments matters
	Dropped func(frames uint32, bytes uint64) // is told of frames that are not sent because they cannot be decoded
	Warn    func(text string, args ...any)    // logs what a user may want to know: a text, then names and values in turn
}

func New(config Config) *Muxer {
	return &Muxer{config: config, outlet: detached()}
}

// scratch is what a muxer uses from one frame to the next.
type scratch struct {
	build  flv.Builder
	nalus  [][]byte
	joined [][]byte // what came without a frame, and the access unit after it
}

// outlet is where messages go, and what has been sent there.
type outlet struct {
	Destination
	floor  uint32 // what a track that begins must not be before
	expect Expectation

	metadataSent []byte    // body of the last onMetaData
	began        time.Time // when the first media was sent
	origin       time.Time // the same of the first of the connections that have taken over from each other
}

// detached is the outlet of a muxer that is not publishing.
func detached() outlet { return outlet{Destination: Destination{Out: noOutput{}}} }

// publishing reports whether media goes anywhere; m.mu must be held.
func (m *Muxer) publishing() bool { return m.Out != Output(noOutput{}) }

// Attach begins a connection: everything is sent anew.
func (m *Muxer) Attach(to Destination) {
	m.mu.Lock()
	m.reset(outlet{Destination: to})
	m.next = switchover{}
	m.mu.Unlock()
}

// Detach ends the connection's media.
func (m *Muxer) Detach() {
	m.mu.Lock()
	if parked, ok := m.Out.(*Parking); ok {
		parked.discard()
	}
	m.endSequences()
	m.reset(detached())
	m.next = switchover{}
	m.mu.Unlock()
}

// reset forgets what has been sent; m.mu must be held.
func (m *Muxer) reset(to outlet) {
	m.outlet = to
	m.silence.line = nil
	for _, t := range m.tracks {
		t.progress = progress{}
	}
}

// Expectation is what a source says of its tracks before their first frames, nil for a track that is not there.
type Expectation struct {
	Video *flv.VideoInfo
	Audio *flv.AudioInfo

	VideoConfig, AudioConfig []byte        // decoder configurations; nil: unknown
	VideoRate, AudioRate     float64       // kbit/s; 0: unknown
	Duration                 time.Duration // of all; 0: unknown, or without end
}

// Begin announces a source, so that the first onMetaData describes all of its tracks, and their sequence headers go out together.
func (m *Muxer) Begin(e Expectation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expect = e
	if e.Video != nil {
		m.expectTrack(&flv.AccessUnit{Kind: flv.Video, Codec: e.Video.Codec, Config: e.VideoConfig})
	}
	if e.Audio != nil {
		m.expectTrack(&flv.AccessUnit{Kind: flv.Audio, Codec: e.Audio.Codec, Config: e.AudioConfig})
	}
}

// expectTrack makes a track of a source known by the configuration of its first unit, unless it is known already.
func (m *Muxer) expectTrack(first *flv.AccessUnit) {
	if len(first.Config) > 0 && m.find(first.Kind, 0) == nil {
		m.trackOf(first) // a broken configuration is told when it comes with its unit
	}
}

// Restart forgets the media: another sender goes on, with parameter sets and a clock of its own, from a key frame.
func (m *Muxer) Restart() {
	m.mu.Lock()
	m.floor = m.latest()
	m.tracks, m.silence = nil, silence{}
	m.expect = Expectation{}
	m.mu.Unlock()
}

// latest is the latest timestamp that was sent; m.mu is held.
func (m *Muxer) latest() uint32 {
	at, known := m.floor, false
	note := func(timestamp uint32) {
		if known {
			timestamp = later(at, timestamp)
		}
		at, known = timestamp, true
	}
	if s := m.silence.line; s != nil && s.announced {
		note(s.last)
	}
	for _, t := range m.tracks {
		if t.started {
			note(t.lastOut)
		}
	}
	return at
}

// SendUnit sends an access unit of a source. timestamp is its decode time in ms.
func (m *Muxer) SendUnit(u *flv.AccessUnit, timestamp uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.trackOf(u)
	switch {
	case err != nil:
		return err
	case u.Kind == flv.Audio:
		return m.sendAudio(t, u.Data, timestamp)
	}
	if u.Anew {
		m.beginAnew(t)
	}
	switch {
	case t.video.Codec().HasNALUs():
		return m.sendVideo(t, u.NALUs, timestamp, milliseconds(u.PTS)-milliseconds(u.DTS), false)
	}
	return m.sendVideo(t, m.whole(u.Data), timestamp, 0, false)
}

// beginAnew says that a track goes on with pictures that refer to none before: as after a gap it must be with a key frame, whose
// leading pictures cannot be decoded; m.mu is held.
func (m *Muxer) beginAnew(t *track) {
	t.keyFrame = false
	m.Out.Cut(t.id)
}

// Learn takes what can be learnt from a unit that is not sent, and reports whether it is a key frame.
func (m *Muxer) Learn(u *flv.AccessUnit) (key bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.forget()
	t, err := m.trackOf(u)
	if err != nil || u.Kind == flv.Audio { // if the configuration is broken, the units that need it will say so
		return false
	}
	parts := u.NALUs
	if !t.video.Codec().HasNALUs() {
		parts = m.whole(u.Data)
	}
	unit, _ := t.video.Take(parts)
	t.video.Forget()
	return unit.Key
}

// whole makes one part of a frame.
func (m *Muxer) whole(frame []byte) [][]byte {
	w := &m.scratch
	w.nalus = append(w.nalus[:0], frame)
	return w.nalus
}

// forget lets go of the frame that was sent: it is the caller's memory, perhaps not even Go's; m.mu is held.
func (m *Muxer) forget() {
	w := &m.scratch
	clear(w.nalus)
	w.nalus = w.nalus[:0]
	clear(w.joined)
	w.joined = w.joined[:0]
	w.build.Forget()
}

// Frames returns how many frames have gone to an output.
func (m *Muxer) Frames() uint64 { return m.sent.Load() }

// AwaitsKeyFrame reports whether pictures of the first video track before the next key frame would be dropped.
func (m *Muxer) AwaitsKeyFrame() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.first(flv.Video)
	return t == nil || !t.progress.keyFrame
}

// HoldsUnits reports whether the latest units of the first video track had no frame.
func (m *Muxer) HoldsUnits() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.first(flv.Video)
	return t != nil && len(t.held.ends) > 0
}

// Elapsed is the time since the first media of the connection, or of the first of those that have taken over from each
// other; 0 before it.
func (m *Muxer) Elapsed(now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.origin.IsZero() {
		return 0
	}
	return now.Sub(m.origin)
}

// nextTime maps an input timestamp to the connection's time.
func (m *Muxer) nextTime(t *track, timestamp uint32) uint32 {
	now := m.config.Clock()
	m.now = now
	if m.began.IsZero() {
		m.began = now
	}
	if m.origin.IsZero() {
		m.origin = now
	}
	if t.started {
		return t.timeline.next(timestamp, now)
	}
	t.lastOut = m.floor
	if t.announced {
		t.lastOut = later(m.floor, t.headerAt)
	}
	if s := m.silence.line; t.kind == flv.Audio && s != nil && s.announced {
		t.lastOut = s.last
	}
	others := make([]*timeline, 0, len(m.tracks))
	for _, other := range m.tracks {
		if other != t {
			others = append(others, &other.timeline)
		}
	}
	t.start(timestamp, uint32(now.Sub(m.began).Milliseconds()), now, others...)
	return t.lastOut
}

// send queues one message, unless it has no body. A picture that had to be dropped is counted, and no error.
func (m *Muxer) send(kind flv.Kind, track uint8, c sendqueue.Priority, timestamp uint32, body [][]byte) error {
	if len(body) == 0 {
		return nil
	}
	id := uint32(message.VideoChunkStream)
	if kind == flv.Audio {
		id = message.AudioChunkStream
	}
	h := chunk.Header{ChunkStreamID: id, Timestamp: timestamp, Type: uint8(kind), StreamID: m.StreamID}
	if c != sendqueue.Header {
		m.sent.Add(1)
	}
	return m.Out.Send(h, c, track, m.now, body)
}

func milliseconds(d time.Duration) int64 {
	return d.Round(time.Millisecond).Milliseconds()
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
	if v, ok := m.videoInfo(); ok {
		info.Width, info.Height, info.VideoCodec = v.Width, v.Height, v.Codec.String()
	}
	if a, ok := m.audioInfo(); ok {
		info.AudioCodec = a.Codec.String()
	}
	return info
}
