package core

import "sync"

// servers remembers how servers want to be talked to, by address.
type servers struct {
	mu sync.Mutex
	of []server // a few: searched one by one
}

// server is what is known of one.
type server struct {
	address string

	form      form // of the handshake
	formKnown bool

	takesAhead bool // what is sent ahead; see ahead.go
	aheadKnown bool
}

// maxServers bounds it: a context has one server or, when it is sent from one to the next, a few.
const maxServers = 32

// get returns what is known of a server: of one that is not, nothing is.
func (s *servers) get(address string) server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(address); i >= 0 {
		return s.of[i]
	}
	return server{address: address}
}

// set replaces what is known of a server. When there would be too many, all others are forgotten.
func (s *servers) set(known server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(known.address); i >= 0 {
		s.of[i] = known
		return
	}
	if len(s.of) >= maxServers {
		s.of = nil
	}
	s.of = append(s.of, known)
}

// find returns where a server is, -1 if it is not known; s.mu is held.
func (s *servers) find(address string) int {
	for i := range s.of {
		if s.of[i].address == address {
			return i
		}
	}
	return -1
}
