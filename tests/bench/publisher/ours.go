package main

import (
	"errors"
	"log/slog"
	"time"

	"luatrtmp/core"
	"luatrtmp/tests/bench/harness"
)

// look is after how many pictures ours looks whether some wait: the library itself never does.
const look = 64

// ours is this library as a Go package.
type ours struct {
	p      *core.Publisher
	sent   uint32
	config []byte // of the audio, until it has been sent
}

func (o *ours) Connect(url string, _ *harness.Media) error {
	p, err := publish(url)
	o.p = p
	return err
}

// publish connects, with a queue that drops nothing, and returns when media can flow.
func publish(url string) (*core.Publisher, error) {
	p := core.New(slog.New(slog.DiscardHandler))
	over := make(chan error, 1)
	p.Notify(func(e core.Event) {
		switch e.New {
		case core.StatePublishing:
			over <- nil
		case core.StateError:
			select {
			case over <- e.Err:
			default:
			}
		}
	})
	if err := errors.Join(p.SetURL(url), p.SetOption("queue_ms", "3600000"), p.SetOption("queue_bytes", "268435456"),
		p.SetOption("tls_insecure", "true"), p.Connect()); err != nil {
		return p, err
	}
	return p, <-over
}

func (o *ours) Send(r *harness.Record, ms uint32) error {
	switch r.Kind {
	case harness.AudioHeader:
		o.config = r.Data
	case harness.Audio:
		config := o.config
		o.config = nil
		return o.p.SendAAC(r.Data, config, ms)
	case harness.Video:
		if err := o.p.SendVideo(r.Data, ms, 0); err != nil {
			return err
		}
		if o.sent++; o.sent%look == 0 {
			return o.Drain()
		}
	}
	return nil
}

func (o *ours) Drain() error {
	for {
		switch s := o.p.Stats(); {
		case s.DroppedFrames > 0:
			return errors.New("a picture was dropped")
		case s.VideoFramesSent >= o.sent:
			return nil
		case o.p.State() != core.StatePublishing:
			return o.p.Failure()
		}
		time.Sleep(20 * time.Microsecond)
	}
}

func (o *ours) Close() { o.p.Close() }
