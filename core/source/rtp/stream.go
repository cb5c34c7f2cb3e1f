package rtp

import (
	"fmt"
	"time"

	"luatrtmp/core/flv"
)

// Sink takes what a Stream yields. Its functions are called from within the Stream's methods, must all be set and must not call the Stream.
type Sink struct {
	// Unit takes the access units of each medium in decode order, in the order in which they are complete. Times are those of the arrivals,
	// see Stream.Packet. The unit is valid during the call; the first one of each medium after Play has its Config.
	Unit func(*flv.AccessUnit)

	// Dropped is told of pictures that cannot be decoded, because something of them or of one before was lost.
	Dropped func(pictures, bytes int)

	// Warn takes what a user may want to know; the same matter at most every 10 s, what the sender always does only once.
	Warn func(text string)
}

// Counts are the packets of one medium.
type Counts struct {
	Packets    uint64 // that were taken
	Lost       uint64 // that did not come, or too late
	Duplicates uint64 // that came twice, or too late
	Refused    uint64 // that are no RTP, or of another sender or payload type
	Malformed  uint64 // whose payload was not understood
}

// Stream turns the packets of the media of a Description into access units. It is not safe for concurrent use.
type Stream struct {
	sink         Sink
	tracks       []*track // in the order of Description.Media
	video, audio *track   // nil: there is none
	playing      bool
	unit         flv.AccessUnit
	opening      opening
	warned       [warnKinds]time.Duration
	hasWarned    [warnKinds]bool
}

// New returns a Stream that learns about its media, and yields nothing before Play. The error says what is wrong with a parameter set.
func New(d *Description, sink Sink) (*Stream, error) {
	s := &Stream{sink: sink}
	for i := range d.Media {
		t, err := newTrack(s, &d.Media[i])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBadDescription, err)
		}
		s.tracks = append(s.tracks, t)
		if t.video != nil {
			s.video = t
		} else {
			s.audio = t
		}
	}
	return s, nil
}

// VideoInfo returns what is known of the video, nil if there is none.
func (s *Stream) VideoInfo() *flv.VideoInfo {
	if s.video == nil {
		return nil
	}
	info := s.video.video.track.Info()
	info.Codec = s.video.m.Codec
	return &info
}

// AudioInfo returns what is known of the audio, nil if there is none.
func (s *Stream) AudioInfo() *flv.AudioInfo {
	if s.audio == nil {
		return nil
	}
	m := s.audio.m
	info := flv.AudioInfo{Codec: m.Codec, SampleRate: m.SampleRate, Channels: m.Channels}
	if f, ok := s.audio.frames.(*selfFramed); ok && f.sampleRate > 0 {
		info.SampleRate = f.sampleRate
	}
	return &info
}

// Configs returns the decoder configurations as far as they are known: from the description, or from what has come. See flv.AccessUnit.
func (s *Stream) Configs() (video, audio []byte) {
	if s.video != nil {
		video = s.video.video.track.Record()
	}
	if s.audio != nil {
		if audio = s.audio.frames.config(); audio == nil {
			audio = s.audio.m.Config
		}
	}
	return video, audio
}

// Play begins to yield access units: video from the next key frame on, and audio with it, or after maxOpening without one.
func (s *Stream) Play(now time.Duration) {
	s.playing = true
	for _, t := range s.tracks {
		t.play()
		if t.m.ignored != "" && !t.warnedIgnored {
			t.warnedIgnored = true
			s.sink.Warn(fmt.Sprintf("%v: %s of the SDP cannot be read and is left out: the parameter sets have to come in the stream",
				t.m.Codec, t.m.ignored))
		}
	}
	s.opening.begin(s.video != nil && s.audio != nil, now)
}

// Pause ends yielding. What comes in is still followed, so that times and parameter sets are known when it goes on.
func (s *Stream) Pause() {
	s.playing = false
	for _, t := range s.tracks {
		t.yielded = false
	}
	s.opening = opening{}
}

// Packet takes a datagram that came in at the RTP port of a medium, an index of Description.Media. now is the time of its arrival on a
// clock that does not go back. The datagram is not kept. RTCP is told from RTP, RFC 5761.
func (s *Stream) Packet(medium int, datagram []byte, now time.Duration) {
	t := s.tracks[medium]
	if len(datagram) > 1 && isRTCPType(datagram[1]) {
		s.Control(medium, datagram, now)
		return
	}
	t.take(datagram, now)
}

// isRTCPType: RFC 5761, 4: the second byte is 192 to 223, which as RTP would be a marker and payload types that nobody uses.
func isRTCPType(b byte) bool { return b >= 192 && b <= 223 }

// Control takes a datagram that came in at the RTCP port of a medium. What is broken is left out.
func (s *Stream) Control(medium int, datagram []byte, now time.Duration) {
	for _, sr := range senderReports(datagram) {
		if sr.NTPTime == 0 { // 0: the sender has no wall clock. RFC 3550, 6.4.1
			continue
		}
		t := s.tracks[medium] // of which nothing may have come yet
		for _, other := range s.tracks {
			if other.sender.known && other.sender.ssrc == sr.SSRC {
				t = other
			}
		}
		if t.sender.known && t.sender.ssrc != sr.SSRC {
			continue
		}
		t.clock.report = report{waits: true, ssrc: sr.SSRC, ntp: sr.NTPTime, rtp: sr.RTPTime}
		t.clock.settle(t.sender.ssrc)
	}
	s.align(now)
}

// align brings audio and video together.
func (s *Stream) align(now time.Duration) {
	if s.video == nil || s.audio == nil {
		return
	}
	if !align(&s.video.clock, &s.audio.clock) {
		s.warn(warnApart, now, "the sender reports of audio and video are not of one clock; they are left out")
	}
}

// Deadline returns when Tick is due for a medium; false: not before the next packet.
func (s *Stream) Deadline(medium int) (time.Duration, bool) { return s.tracks[medium].deadline() }

// Tick ends what was waited for too long.
func (s *Stream) Tick(now time.Duration) {
	for _, t := range s.tracks {
		t.tick(now)
	}
}

// Counts returns what came in for a medium.
func (s *Stream) Counts(medium int) Counts {
	t := s.tracks[medium]
	c := t.counts
	c.Lost, c.Duplicates = t.order.lost, t.order.duplicates
	return c
}

func (s *Stream) videoUnit(unit *flv.AccessUnit, t *track) {
	if s.opening.open {
		s.opening.keyFrame(unit, t, s.audio)
		return
	}
	t.send(unit)
}

func (s *Stream) audioUnit(unit *flv.AccessUnit, t *track) {
	if s.opening.holds(unit, t.arrival) {
		return
	}
	s.opening.timeOut(t)
	t.send(unit)
}

// The matters of warnings.
const (
	warnNoRTP = iota
	warnPayloadType
	warnSender
	warnLoss
	warnMalformed
	warnApart
	warnNoEnd // this and those that follow: only once
	warnStartCodes
	warnKinds

	warnPause = 10 * time.Second
)

func (s *Stream) warn(kind int, now time.Duration, format string, args ...any) {
	if !s.playing || s.hasWarned[kind] && (kind >= warnNoEnd || now-s.warned[kind] < warnPause) {
		return
	}
	s.warned[kind], s.hasWarned[kind] = now, true
	s.sink.Warn(fmt.Sprintf(format, args...))
}
