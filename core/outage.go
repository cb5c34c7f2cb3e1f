package core

import (
	"log/slog"
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

// retry logs a failure after which the session tries again. published reports whether media flowed before it.
func (o *outage) retry(log *slog.Logger, err error, published bool, wait time.Duration) {
	now := time.Now()
	if published || o.since.IsZero() {
		*o = outage{since: now}
	}
	o.failures++
	in := wait.Round(time.Millisecond)
	switch {
	case published:
		o.told = now
		log.Warn("the connection is lost", "why", err, "retry_in", in)
	case o.told.IsZero():
		o.told = now
		log.Warn("connecting failed", "why", err, "retry_in", in)
	case now.Sub(o.told) >= outageReminder:
		o.told = now
		log.Warn("still not connected", "why", err, "retry_in", in, "since", now.Sub(o.since).Round(time.Second), "failures", o.failures)
	default:
		log.Info("connecting failed again", "why", err, "retry_in", in, "failures", o.failures)
	}
}

// publishing logs that media flows, and whether that ends an outage.
func (o *outage) publishing(log *slog.Logger, server string) {
	if !o.since.IsZero() {
		log.Warn("the stream is back", "server", server, "after", time.Since(o.since).Round(time.Millisecond), "failures", o.failures)
	} else {
		log.Info("publishing", "server", server)
	}
	*o = outage{}
}
