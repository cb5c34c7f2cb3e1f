package core

import (
	"errors"
	"time"
)

// outageReminder is how often the log says that a stream is still not back.
const outageReminder = time.Minute

// outage is the time from a failure until media flows again, as the log tells it: when it begins, once a minute while it
// lasts, and that it is over.
type outage struct {
	since    time.Time // zero: there is none
	told     time.Time // when the log last said at level warn that it lasts
	failures int
}

// logRetry logs a failure after which the session tries again. published reports whether media flowed before it.
func (s *session) logRetry(err error, published bool, wait time.Duration) {
	now := time.Now()
	o := &s.outage
	if published || o.since.IsZero() {
		*o = outage{since: now}
	}
	o.failures++
	in := wait.Round(time.Millisecond)
	switch {
	case published:
		o.told = now
		s.p.log.Warn("the connection is lost", "why", err, "retry_in", in)
	case o.told.IsZero():
		o.told = now
		s.p.log.Warn("connecting failed", "why", err, "retry_in", in)
	case now.Sub(o.told) >= outageReminder:
		o.told = now
		s.p.log.Warn("still not connected", "why", err, "retry_in", in, "since", now.Sub(o.since).Round(time.Second), "failures", o.failures)
	default:
		s.p.log.Info("connecting failed again", "why", err, "retry_in", in, "failures", o.failures)
	}
}

// logPublishing logs that media flows, and whether that ends an outage.
func (s *session) logPublishing() {
	server := s.now.to.Address
	if o := s.outage; !o.since.IsZero() {
		s.p.log.Warn("the stream is back", "server", server, "after", time.Since(o.since).Round(time.Millisecond), "failures", o.failures)
	} else {
		s.p.log.Info("publishing", "server", server)
	}
	s.outage = outage{}
}

// logEnd logs the end of the session. err is why it failed, nil if it ended as it should.
func (s *session) logEnd(err error) {
	switch {
	case err == nil:
		s.p.log.Info("ended")
	case errors.Is(err, errSourceFault):
		s.p.log.Warn("the stream has ended because its source failed", "why", err)
	case s.flowedFrom.IsZero():
		s.p.log.Warn("connecting failed", "why", err)
	default:
		s.p.log.Warn("the connection is lost", "why", err)
	}
}
