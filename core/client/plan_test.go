package client

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/caps"
	"luatrtmp/core/coretest"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
)

func refused(command, code, description string) error {
	return refusal(&endpoint.Endpoint{}, command, message.StatusInfo{Level: "error", Code: code, Description: description})
}

// What is tried after which failure, and what never is.
func TestPlan(t *testing.T) {
	bob := &endpoint.Credentials{Name: "bob", Password: "secret"}
	failedAt := func(at stage, happened error) error { return stageFailed(at, happened, errors.New("told")) }
	refusedAt := func(at stage, code, description string) error {
		err := refused(at.String(), code, description)
		return stageFailed(at, err, err)
	}
	asks := login{user: bob, mode: "adobe"}
	answers := login{user: bob, mode: "adobe", answers: true, challenge: challenge{salt: "pepper", challenge: "dare"}}
	same := plan{variant: 99} // no further connection
	for _, c := range []struct {
		name string
		plan plan
		err  error
		want plan
	}{
		{"nothing listens", plan{fields: caps.Declared}, failedAt(stageDial, syscall.ECONNREFUSED), same},
		{"no TCP connection in time", plan{fields: caps.Declared}, failedAt(stageDial, os.ErrDeadlineExceeded), same},

		{"closed in the handshake", plan{}, failedAt(stageHandshake, io.ErrUnexpectedEOF), plan{variant: digestFirstVariant}},
		{"reset in the handshake", plan{}, failedAt(stageHandshake, syscall.ECONNRESET), plan{variant: digestFirstVariant}},
		{"closed in the second variant", plan{variant: digestFirstVariant}, failedAt(stageHandshake, io.EOF), plan{variant: digestSecondVariant}},
		{"closed in the last variant", plan{variant: digestSecondVariant}, failedAt(stageHandshake, io.EOF), same},
		{"closed in a variant that it took before", plan{settled: true}, failedAt(stageHandshake, io.EOF), same},
		{"silent in the handshake", plan{}, failedAt(stageHandshake, os.ErrDeadlineExceeded), same},
		{"another protocol", plan{}, failedAt(stageHandshake, errors.New("HTTP")), same},

		{"closed at connect", plan{}, failedAt(stageConnect, io.EOF), same},
		{"silent at connect", plan{}, failedAt(stageConnect, os.ErrDeadlineExceeded), same},
		{"closed at connect with the fields", plan{fields: caps.Declared, variant: digestFirstVariant}, failedAt(stageConnect, io.EOF),
			plan{variant: digestFirstVariant, fields: caps.LeftOut}},
		{"closed at connect with the fields left out", plan{fields: caps.LeftOut}, failedAt(stageConnect, io.EOF), same},
		{"silent at connect with the fields", plan{fields: caps.Declared, login: asks}, failedAt(stageConnect, os.ErrDeadlineExceeded), plan{login: asks, fields: caps.LeftOut}},
		{"what is not RTMP at connect with the fields", plan{fields: caps.Declared}, failedAt(stageConnect, errors.New("bad chunk")), same},
		{"connect refused with the fields", plan{fields: caps.Declared}, refusedAt(stageConnect, "NetConnection.Connect.Rejected", "no"), same},

		{"a password is wanted", plan{fields: caps.Declared, login: login{user: bob}}, refusedAt(stageConnect, "", coretest.AuthNeeded), plan{fields: caps.Declared, login: asks}},
		{"a password is wanted, and there is none", plan{}, refusedAt(stageConnect, "", coretest.AuthNeeded), same},
		{"a challenge", plan{login: asks}, refusedAt(stageConnect, "", coretest.AuthAdobe), plan{login: answers}},
		{"a challenge at once", plan{login: login{user: bob}}, refusedAt(stageConnect, "", coretest.AuthAdobe), plan{login: answers}},
		{"a challenge again", plan{login: answers}, refusedAt(stageConnect, "", coretest.AuthAdobe), same},
		{"never a challenge", plan{login: asks}, refusedAt(stageConnect, "", coretest.AuthNeeded), same},
		{"wrong password", plan{login: answers}, refusedAt(stageConnect, "", coretest.AuthWrong), same},

		{"createStream refused", plan{fields: caps.Declared, login: asks}, refusedAt(stageCreateStream, "NetConnection.Call.Failed", coretest.AuthAdobe), same},
		{"closed at createStream", plan{fields: caps.Declared}, failedAt(stageCreateStream, io.EOF), same},
		{"silent at createStream", plan{fields: caps.Declared}, failedAt(stageCreateStream, os.ErrDeadlineExceeded), same},
		{"publish refused", plan{fields: caps.Declared}, refusedAt(stagePublish, "NetStream.Publish.BadName", ""), same},
		{"closed at publish", plan{fields: caps.Declared}, failedAt(stagePublish, syscall.EPIPE), same},
		{"silent at publish", plan{fields: caps.Declared}, failedAt(stagePublish, os.ErrDeadlineExceeded), same},
		{"the end", plan{fields: caps.Declared}, rtmperr.ErrEnded, same},
	} {
		next, again := c.plan.next(c.err)
		require.Equal(t, c.want != same, again, c.name)
		if again {
			require.Equal(t, c.want, next, c.name)
		}
		require.NotContains(t, c.plan.explain(c.err).Error(), "secret")
	}
}

// However failures follow each other, an attempt ends.
func TestPlanIsBounded(t *testing.T) {
	bob := &endpoint.Credentials{Name: "bob"}
	stop := func(err error) error { return stageFailed(stageHandshake, err, err) }
	atConnect := func(err error) error { return stageFailed(stageConnect, err, err) }
	failures := []error{
		stop(io.EOF), atConnect(io.EOF), atConnect(os.ErrDeadlineExceeded),
		atConnect(refused("connect", "", coretest.AuthNeeded)), atConnect(refused("connect", "", coretest.AuthAdobe)), atConnect(refused("connect", "", coretest.AuthLimelight)),
	}
	longest := 0
	var try func(p plan, n int)
	try = func(p plan, n int) {
		longest = max(longest, n)
		require.LessOrEqual(t, n, maxConnections)
		for _, err := range failures {
			if next, again := p.next(err); again {
				try(next, n+1)
			}
		}
	}
	try(plan{fields: caps.Declared, login: login{user: bob}}, 1)
	require.Equal(t, maxConnections, longest)
}

// Of several failures the user is told the one that says most.
func TestMoreTelling(t *testing.T) {
	at := func(s stage, text string) error { return stageFailed(s, io.EOF, errors.New(text)) }
	says := stageFailed(stageConnect, io.EOF, refused("connect", "", "no"))
	for _, c := range []struct {
		name        string
		first, then error
		want        string
	}{
		{"the first", at(stageHandshake, "a"), at(stageHandshake, "b"), "a"},
		{"nothing listens any more", at(stageHandshake, "a"), at(stageDial, "b"), "a"},
		{"further", at(stageHandshake, "a"), at(stageConnect, "b"), "b"},
		{"in words", at(stageConnect, "a"), says, "no"},
		{"the only one", nil, at(stageDial, "a"), "a"},
	} {
		require.ErrorContains(t, moreTelling(c.first, c.then), c.want, c.name)
	}
}
