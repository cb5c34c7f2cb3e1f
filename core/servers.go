package core

import (
	"errors"
	"sync"
)

// servers remembers which variant of the handshake servers want, by address.
type servers struct {
	mu       sync.Mutex
	variants map[string]variant
}

// maxServers bounds it: a context has one server or, when it is sent from one to the next, a few.
const maxServers = 32

// get returns the variant that a server wants, false if it is not known.
func (s *servers) get(address string) (variant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, known := s.variants[address]
	return v, known
}

// set remembers the variant that a server wants. When there would be too many servers, all others are forgotten.
func (s *servers) set(address string, v variant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.variants[address]; s.variants == nil || !known && len(s.variants) >= maxServers {
		s.variants = make(map[string]variant)
	}
	s.variants[address] = v
}

// forget forgets what a server wants: another one may have taken its place.
func (s *servers) forget(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.variants, address)
}

// learn takes note of how the handshake in a variant went. A server that stayed silent in the simple variant may want digests:
// a second wait of a whole timeout is left to the next attempt, which begins with them.
func (s *servers) learn(address string, p plan, err error) {
	var failed *openingError
	switch {
	case err == nil || errors.As(err, &failed) && failed.stage > stageHandshake:
		s.set(address, p.variant)
	case failed == nil || failed.stage < stageHandshake:
	case p.settled && p.variant != simpleVariant:
		s.forget(address)
	case failed.how == peerSilent && !p.settled && p.variant == simpleVariant:
		s.set(address, digestFirstVariant)
	}
}
