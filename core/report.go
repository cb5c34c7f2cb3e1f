package core

import (
	"context"
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/link"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/stats"
)

// State returns the state.
func (p *Publisher) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Busy reports whether events may still come by themselves: a connection is up or under way, or one is being delivered.
func (p *Publisher) Busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil || p.events.busy()
}

// Failure returns why the last connection failed, nil if it did not; kept until the next Connect. Inside an event it is
// that event's failure, whatever has become of the Publisher meanwhile.
func (p *Publisher) Failure() error {
	if err, inside := p.events.current(); inside {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// String describes the Publisher for people; the stream key is masked.
func (p *Publisher) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	to, err := endpoint.Parse(p.url, p.options.App, p.options.Stream)
	if p.session != nil {
		to, err = p.session.to, nil
	}
	if err != nil {
		return p.state.String()
	}
	return p.state.String() + " " + to.Masked()
}

// Stats returns the counters.
func (p *Publisher) Stats() stats.Stats {
	s := p.counters.Snapshot()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.connected.IsZero() {
		s.ConnectionTime = time.Since(p.connected)
	}
	return s
}

// SetStatsWindow sets over how long Info.SendKbps is measured: up to 60 s, whole seconds, rounded up.
func (p *Publisher) SetStatsWindow(window time.Duration) error {
	seconds := int64((window + time.Second - 1) / time.Second)
	if seconds < 1 || seconds > stats.MaxWindow {
		return rtmperr.New(rtmperr.ErrInvalid, "statistics window %v, expected 1 ms to %d s", window, stats.MaxWindow)
	}
	p.counters.SetWindow(seconds)
	return nil
}

// SetStatsInterval sets how often the statistics are logged, at level info, while publishing: 100 ms to an hour. It takes
// effect at the next Connect.
func (p *Publisher) SetStatsInterval(interval time.Duration) error {
	if interval < 100*time.Millisecond || interval > time.Hour {
		return rtmperr.New(rtmperr.ErrInvalid, "statistics interval %v, expected 100 ms to 1 h", interval)
	}
	p.mu.Lock()
	o := *p.options
	o.StatsInterval = interval
	p.options = &o
	p.mu.Unlock()
	return nil
}

// logStats logs how the connection fares.
func (p *Publisher) logStats() {
	s, n := p.Stats(), p.Info()
	p.log.Log(context.Background(), LevelReport, "statistics", "bytes", s.BytesSent, "video", s.VideoFramesSent, "audio", s.AudioFramesSent,
		"dropped", s.DroppedFrames, "kbps", n.SendKbps, "waiting", n.QueueMedia, "connected", s.ConnectionTime.Round(time.Second))
}

// Info returns how the connection fares and what it carries.
func (p *Publisher) Info() stats.Info {
	media := p.muxer.Describe()
	info := stats.Info{Width: media.Width, Height: media.Height, VideoCodec: media.VideoCodec, AudioCodec: media.AudioCodec}
	info.QueueMedia, info.QueueBytes = p.muxer.Waiting()
	if w, ok := p.muxer.Output().(*link.Sender); ok {
		info.RTT, info.RTTKnown = w.RoundTrip()
	}
	info.SendKbps = p.counters.Kbps(time.Now())
	info.Reconnects = p.reconnects.Load()
	return info
}

// Name returns what a log is to call the Publisher: the option "name", or else the URL without what
// is secret. It waits for nobody and takes no lock.
func (p *Publisher) Name() string { return p.name.Load().(string) }

// rename sets what Name returns; p.mu must be held.
func (p *Publisher) rename() {
	name := p.options.Name
	if name == "" {
		if to, err := p.endpoint(); err == nil {
			name = to.Masked()
		}
	}
	p.name.Store(name)
}
