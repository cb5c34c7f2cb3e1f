package client

import (
	"errors"
	"sync"

	"luatrtmp/core/caps"
)

// Servers remembers how servers want to be talked to, by address.
type Servers struct {
	mu    sync.Mutex
	known map[string]server
}

// server is what is known of one server. Of one that is not known nothing is.
type server struct {
	variant variant // of the handshake
	settled bool    // it wants that variant
	plain   bool    // it took a connect only without the fields of Enhanced RTMP
}

// maxServers bounds it: a context has one server or, when it is sent from one to the next, a few.
const maxServers = 32

// get returns what is known of a server.
func (s *Servers) get(address string) server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[address]
}

// set replaces what is known of a server. When there would be too many servers, all others are
// forgotten.
func (s *Servers) set(address string, what server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.known[address]; s.known == nil || !known && len(s.known) >= maxServers {
		s.known = make(map[string]server)
	}
	s.known[address] = what
}

// learn takes note of how bringing up a connection as planned went. A server that stayed silent in
// the simple variant of the handshake may want digests: a second wait of a whole timeout is left to
// the next attempt, which begins with them.
func (s *Servers) learn(address string, p plan, err error) {
	var failed *openingError
	what := s.get(address)
	switch {
	case err == nil || errors.As(err, &failed) && failed.stage > stageHandshake:
		what.variant, what.settled = p.variant, true
		what.plain = what.plain || err == nil && p.fields == caps.LeftOut
	case failed == nil || failed.stage < stageHandshake:
		return
	case p.settled && p.variant != simpleVariant:
		what = server{} // another server may have taken its place
	case failed.how == peerSilent && !p.settled && p.variant == simpleVariant:
		what.variant, what.settled = digestFirstVariant, true
	default:
		return
	}
	s.set(address, what)
}
