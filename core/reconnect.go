package core

import (
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"luatrtmp/core/caps"
	"luatrtmp/core/client"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

const (
	// staleName is how long a refusal because the stream's name is in use is retried, however few attempts are allowed:
	// several delivery networks hold the name of a publisher whose connection dropped for up to 60 s.
	staleName = 75 * time.Second

	// staleNamePause is the longest wait between two attempts of that time.
	staleNamePause = 10 * time.Second

	// urlWait bounds how long an attempt waits for a fresh URL; then it goes on with the one that is set.
	urlWait = 10 * time.Second
)

// retries decides whether and when a session tries again.
type retries struct {
	random func() float64 // from 0 up to 1

	failures  int       // in a row, without a stable time in between
	accepted  bool      // a server accepted the stream once
	nameSince time.Time // since when the name is said to be in use; zero: it is not
}

func newRetries() retries { return retries{random: rand.Float64} }

// next returns how long to wait after err, false when it is the end. published is how long media flowed before it, fresh
// whether the next attempt may have another URL.
func (r *retries) next(o options.Reconnect, err error, published time.Duration, fresh bool, now time.Time) (wait time.Duration, again bool) {
	if !o.On || !mayPass(err) {
		return 0, false
	}
	if published > 0 {
		r.accepted = true
	}
	if published >= stableTime {
		r.failures = 0
	}
	r.failures++
	switch {
	case !client.NameInUse(err):
		r.nameSince = time.Time{}
	case r.nameSince.IsZero():
		r.nameSince = now
	}
	stale := !r.nameSince.IsZero() && now.Sub(r.nameSince) < staleName
	denied := denies(err) && !fresh
	if denied && !r.accepted || o.Attempts > 0 && r.failures > o.Attempts && !stale {
		return 0, false
	}
	longest := max(o.Min, o.Max)
	upTo := longest
	if r.failures < 32 && !denied { // more doublings than there is room for
		upTo = min(longest, o.Min<<r.failures)
	}
	wait = max(o.Min, upTo/2+time.Duration(r.random()*float64(upTo/2)))
	if stale {
		wait = min(wait, max(o.Min, staleNamePause))
	}
	return wait, true
}

// mayPass tells the failures that another attempt may not meet: all of the network and of the server, but for media that
// the server does not take.
func mayPass(err error) bool {
	if caps.IsNotTaken(err) {
		return false
	}
	for _, kind := range []error{rtmperr.ErrConnect, rtmperr.ErrHandshake, rtmperr.ErrNetwork, rtmperr.ErrTimeout, rtmperr.ErrRefused, rtmperr.ErrOverflow} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// denies tells the refusals that say that the URL is wrong. One that was never accepted stays wrong, and is not tried
// again unless there may be another; one that was accepted may be so again, when a server that asks others for permission
// finds them: it is tried at the longest intervals.
func denies(err error) bool {
	var refused *rtmperr.ServerError
	if !errors.As(err, &refused) {
		return false
	}
	text := refused.Text()
	for _, word := range []string{".BadAuth", ".Unauthorized", ".InvalidApp", "Connect.Rejected", "authmod="} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// retry decides what follows a failed attempt, and waits for the next one; false: it is the end.
func (s *session) retry(err error) bool {
	if err == nil || errors.Is(err, rtmperr.ErrEnded) {
		return false
	}
	select {
	case s.source.err = <-s.finished:
		s.source.ended = true
	default:
	}
	if s.source.ended {
		return false // what of the source is missing is gone, and another attempt would send all of it again
	}
	published := time.Duration(0)
	if s.flows {
		published = max(1, time.Since(s.flowing))
	}
	wait, again := s.retries.next(s.o.Reconnect, err, published, s.p.events.wantsURL(), time.Now())
	if !again || !s.p.attemptFailed(s, err) {
		return false
	}
	s.outage.retry(s.p.log, err, published > 0, wait)
	return s.pause(wait) && s.p.attemptAgain(s)
}

// pause waits for the next attempt, and for its URL; false when the end is wanted.
func (s *session) pause(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.shutdown.Done():
		return false
	case <-s.hurry:
		return true
	case <-timer.C:
	}
	if !s.p.events.wantsURL() {
		return true
	}
	answered := make(chan struct{}, 1)
	s.p.mu.Lock()
	s.answered = answered
	s.p.mu.Unlock()
	s.p.events.add(notice{answered: answered})
	s.p.events.deliver()
	timer.Reset(urlWait)
	select {
	case <-s.shutdown.Done():
		return false
	case <-s.hurry:
	case <-answered:
	case <-timer.C:
		s.p.log.Warn("no fresh URL came; connecting with the one that is set", "waited", urlWait)
	}
	return true
}

// answer tells a channel of capacity 1, which somebody may be waiting at.
func answer(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
