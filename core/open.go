package core

import (
	"crypto/rand"
	"errors"
	"io"
	"time"

	"luatrtmp/core/chunk"
	"luatrtmp/core/handshake"
)

// form is one of the forms of the handshake, in the order in which they are tried.
type form uint8

const (
	simpleForm       form = iota // RTMP 1.0, 5.2: what every server takes but those that insist on digests
	digestFirstForm              // handshake.DigestFirst
	digestSecondForm             // handshake.DigestSecond
)

func (f form) String() string {
	return [...]string{"simple", "digest", "digest, second scheme"}[f]
}

// after returns the form to try when f failed, false when there is none. Only a server that hangs up or keeps silent may
// have wanted another: one that says something else speaks another protocol.
func (f form) after(err error) (form, bool) {
	hungUp := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)
	if f == simpleForm && (hungUp || isTimeout(err)) {
		return digestFirstForm, true
	}
	if f == digestFirstForm && hungUp {
		return digestSecondForm, true
	}
	return 0, false
}

// open connects and shakes hands, on as many connections as it takes to find the form that the server wants; a server that
// keeps silent is asked once in an attempt.
func (c *connection) open(reached func(State) bool) error {
	address := c.to.address
	server := c.p.servers.get(address)
	used, known := server.form, server.formKnown
	var first error
	for {
		if err := c.dial(); err != nil {
			return firstOf(first, err)
		}
		if !c.reach(StateHandshaking, reached) {
			return errEnded
		}
		talk := &dialogue{connection: c, ahead: c.sendsAhead(), encoder: chunk.NewWriter()}
		opening, err := talk.opening()
		if err != nil {
			return err
		}
		err = c.shakeHands(used, opening)
		talk.forgetOpening()
		if err == nil {
			c.rememberForm(used, true)
			c.p.counters.wrote(int64(len(opening)), time.Now())
			c.start(talk)
			return nil
		}
		next, another := used.after(err)
		switch {
		case errors.Is(err, errEnded):
			return err
		case first == nil:
			first = handshakeFailure(err, c.o.Timeout)
		}
		if known && used != simpleForm {
			c.rememberForm(simpleForm, false) // another server may have taken its place
		}
		if known || !another {
			return first
		}
		if isTimeout(err) { // the time for a handshake is over: the next attempt begins with that form
			c.rememberForm(next, true)
			return first
		}
		c.hangUp()
		c.p.log.Info("handshake failed; trying another form of it", "server", address, "failed", used, "next", next, "why", err)
		used = next
	}
}

// rememberForm remembers the form that the server wants or, known false, that it is not known.
func (c *connection) rememberForm(f form, known bool) {
	server := c.p.servers.get(c.to.address)
	server.form, server.formKnown = f, known
	c.p.servers.set(server)
}

// firstOf returns the first failure: those of what is tried after it say less. The end that the user wanted is no failure.
func firstOf(first, err error) error {
	if first != nil && !errors.Is(err, errEnded) {
		return first
	}
	return err
}

func (c *connection) dial() error {
	conn, err := c.p.dial(c.polite, c.p.resolver, c.to, c.o)
	if err != nil {
		return err
	}
	if c.to.scheme == "rtmps" && c.o.TLS.Insecure {
		c.p.log.Warn("the server's certificate is not verified (tls_insecure): anybody on the way can read and change the stream",
			"server", c.to.address)
	}
	c.conn = conn
	c.force = c.hard.after(func() { conn.Close() })
	c.interrupt = c.polite.after(func() { conn.SetDeadline(longAgo) })
	return nil
}

// longAgo is the deadline of what is to end now.
var longAgo = time.Unix(1, 0)

// shakeHands shakes hands in one form, and sends opening with C2.
func (c *connection) shakeHands(f form, opening []byte) error {
	if err := c.conn.SetDeadline(time.Now().Add(c.o.Timeout)); err != nil {
		return err
	}
	if c.polite.Err() != nil { // then interrupt may have been earlier
		return errEnded
	}
	answered, err := false, error(nil)
	if f == simpleForm {
		answered, err = handshake.Client(c.conn, rand.Reader, opening)
	} else {
		answered, err = handshake.ClientDigest(c.conn, rand.Reader, handshake.Scheme(f-digestFirstForm), opening)
	}
	if c.polite.Err() != nil {
		return errEnded
	}
	if err != nil {
		return err
	}
	if !answered {
		c.p.log.Warn("the server's S2 does not answer C1; going on", "server", c.to.address)
	}
	return c.conn.SetDeadline(time.Time{})
}

func handshakeFailure(err error, timeout time.Duration) error {
	const what = "is it an RTMP server, and does the port not want rtmps://?"
	switch {
	case isTimeout(err):
		return failure(ErrTimeout, "the server did not complete the handshake within %v: %s", timeout, what)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), isReset(err):
		return failure(ErrHandshake, "the server closed the connection during the handshake: %s (%v)", what, reason(err))
	case isNetwork(err):
		return failure(ErrNetwork, "handshake: %v", reason(err))
	}
	return failure(ErrHandshake, "%v", err)
}
