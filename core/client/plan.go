package client

import (
	"errors"
	"io"
	"os"
	"slices"

	"luatrtmp/core/caps"
	"luatrtmp/core/flv"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// maxConnections bounds the TCP connections of one attempt: one for each of the three handshake
// variants, two more for the steps of a log-in, and one more without the fields of Enhanced RTMP.
const maxConnections = 6

// plan says how the next connection of an attempt is brought up. A failed connection leads to
// another one only if next finds something to do differently: what the server has refused is not
// asked again.
type plan struct {
	variant variant // of the handshake
	settled bool    // the server has completed the handshake in this variant before: no other is tried
	login   login
	fields  caps.Fields // of Enhanced RTMP, in connect
}

// next returns the plan for the next connection of the attempt after err, false if there is none.
// It has no side effects.
func (p plan) next(err error) (plan, bool) {
	var failed *openingError
	if !errors.As(err, &failed) {
		return p, false
	}
	silent := failed.how == peerSilent
	switch {
	case failed.stage == stageHandshake && failed.how == peerClosed && !p.settled && p.variant < lastVariant:
		p.variant++
		return p, true
	case failed.stage != stageConnect:
		return p, false
	case p.fields == caps.Declared && (silent || failed.how == peerClosed):
		p.fields = caps.LeftOut // the server may not be able to read them
		return p, true
	}
	login, _, again := p.login.next(failed.err)
	p.login = login
	return p, again
}

// explain returns what the user is told when err was the last failure: a refused log-in comes with
// advice.
func (p plan) explain(err error) error {
	var failed *openingError
	if !errors.As(err, &failed) {
		return err
	}
	var refused *rtmperr.ServerError
	if _, advice, _ := p.login.next(failed.err); advice != "" && errors.As(failed.err, &refused) {
		advised := *refused
		advised.Advice = advice
		return &advised
	}
	return failed.err
}

// stage is a stage of bringing a connection up, in their order.
type stage uint8

const (
	stageDial stage = iota
	stageHandshake
	stageConnect
	stageCreateStream
	stagePublish
)

func (s stage) String() string {
	return [...]string{"dial", "handshake", "connect", "createStream", "publish"}[s]
}

// howFailed is what the peer did when a stage failed.
type howFailed uint8

const (
	otherFailure howFailed = iota // it answered, or nothing reached it
	peerClosed                    // it closed the connection
	peerSilent                    // it said nothing in time
)

// howItFailed classifies an error of reading or writing.
func howItFailed(err error) howFailed {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), rtmperr.IsReset(err):
		return peerClosed
	case errors.Is(err, os.ErrDeadlineExceeded), rtmperr.IsTimeout(err):
		return peerSilent
	}
	return otherFailure
}

// openingError is the failure of a stage. Users are told err, which is in it.
type openingError struct {
	stage stage
	how   howFailed
	err   error
}

func (e *openingError) Error() string { return e.err.Error() }
func (e *openingError) Unwrap() error { return e.err }

// moreTelling returns which of the failures of two connections of one attempt the user is told:
// that of the one that came further, else what a server says, else the first. first may be nil.
func moreTelling(first, then error) error {
	var a, b *openingError
	if !errors.As(first, &a) || !errors.As(then, &b) {
		return then
	}
	var refused *rtmperr.ServerError
	if b.stage > a.stage || b.stage == a.stage && errors.As(then, &refused) {
		return then
	}
	return first
}

// declares reports whether the first connect of an attempt carries the fields of Enhanced RTMP.
// forms are those of the media that is known by now.
func declares(mode options.EnhancedMode, forms []flv.Form) caps.Fields {
	switch mode {
	case options.EnhancedOn, options.EnhancedV2:
		return caps.Declared
	case options.EnhancedAuto:
		if slices.ContainsFunc(forms, flv.Form.HasFourCC) {
			return caps.Declared
		}
	}
	return caps.NotNeeded
}
