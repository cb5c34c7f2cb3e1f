package matroska

import (
	"bytes"
	"fmt"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// unit is a frame in a queue. It owns its memory.
type unit struct {
	track    *track
	dts, pts int64 // ns
	data     []byte
	nalus    [][]byte // of data
	config   []byte   // of video whose configuration is in the media
	at       place    // of its block
}

// size returns how much memory the unit takes.
func (u *unit) size() int { return cap(u.data) + 24*cap(u.nalus) }

// stream is a track that is sent.
type stream struct {
	track *track // of the first document
	queue []*unit
	bytes int // in the queue
	fault error

	config media.SelfConfig // of video
	audio  flv.AudioTrack   // for the durations of frames
	of     *track           // that audio is for
	sent   []byte           // the configuration of the unit before

	begun bool
	last  int64 // DTS of the last unit that was read, ns
	frame int64 // its duration; 0: unknown
	step  int64 // between the last two
}

func newStream(t *track) (*stream, error) {
	s := &stream{track: t}
	if t.kind == flv.Audio {
		var err error
		s.audio, err = flv.NewAudioTrack(t.codec)
		return s, err
	}
	return s, s.begin()
}

// begin forgets the configuration of the media.
func (s *stream) begin() error {
	if s.track.kind != flv.Video {
		return nil
	}
	if err := s.config.Begin(s.track.codec); err != nil {
		return err
	}
	if len(s.track.sets) > 0 {
		_, _ = s.config.Track.Take(s.track.sets) // what is wrong with them comes with the frames that need them
		s.config.Track.Forget()
	}
	return nil
}

// restart forgets all that was read but the configuration of the media.
func (s *stream) restart() {
	*s = stream{track: s.track, queue: s.queue[:0], config: s.config, audio: s.audio, of: s.of, fault: s.fault}
	s.config.Started = false
}

// push puts a unit in the queue. frame is its duration in ns, 0 if it is unknown.
func (s *stream) push(u *unit, frame int64) {
	if s.begun && u.dts > s.last {
		s.step = u.dts - s.last
	}
	s.begun, s.last, s.frame = true, u.dts, frame
	s.queue = append(s.queue, u)
	s.bytes += u.size()
}

// pop takes the first unit of a queue that has one.
func (s *stream) pop() *unit {
	u := s.queue[0]
	n := copy(s.queue, s.queue[1:])
	s.queue[n] = nil
	s.queue = s.queue[:n]
	s.bytes -= u.size()
	return u
}

// news returns the configuration that is valid from a unit on, nil if it is the one before.
func (s *stream) news(u *unit) []byte {
	config := u.config
	if u.track.config != nil {
		if config = u.track.config; bytes.Equal(config, s.sent) {
			return nil
		}
	}
	if config != nil {
		s.sent = config
	}
	return config
}

// duration returns that of the last unit.
func (s *stream) duration() time.Duration {
	for _, d := range []int64{s.frame, s.track.frame, s.step} {
		if d > 0 {
			return time.Duration(d)
		}
	}
	return media.DefaultFrameDuration
}

// samples returns the duration of an audio frame in ns, 0 if it is unknown.
func (s *stream) samples(t *track, frame []byte) int64 {
	if s.of != t {
		s.of = t
		if t.config != nil && s.audio.SetConfig(t.config) != nil {
			return 0
		}
	}
	n, rate := s.audio.Samples(frame)
	if n <= 0 || rate <= 0 {
		return 0
	}
	return int64(media.Ticks(int64(n), uint32(rate)))
}

// unpack makes a unit of a frame as it stands in the file. ok is false if there is nothing to send. The error wraps media.ErrBadMedia.
func (t *track) unpack(u *unit, frame []byte) (ok bool, err error) {
	if frame, err = t.encodings.undo(frame, scopeFrames, media.MaxSampleSize); err != nil {
		return false, err
	}
	if t.codec == flv.AAC && flv.IsADTS(frame) {
		if frames, _, err := flv.SplitADTS(nil, frame); err == nil && len(frames) == 1 {
			frame = frames[0]
		}
	}
	u.data, u.nalus = append(u.data[:0], frame...), u.nalus[:0]
	if t.codec.HasNALUs() {
		if u.nalus, err = media.SplitNALUs(u.nalus, u.data, t.length); err != nil {
			return false, fmt.Errorf("%w: %w", media.ErrBadMedia, err)
		}
	}
	return len(u.data) > 0, nil
}

// configure gives a unit the configuration that is in the media. It reports whether there is one: what comes before cannot be decoded.
func (s *stream) configure(u *unit) bool {
	au := flv.AccessUnit{Codec: u.track.codec, NALUs: u.nalus, Data: u.data}
	ok, err := s.config.Take(&au)
	u.config = au.Config
	if !ok && err != nil {
		s.fault = err
	}
	return ok
}
