package core

import (
	"slices"
	"sync"
)

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

func (s *servers) setForm(address string, f form) {
	s.change(address, func(known *server) { known.form, known.formKnown = f, true })
}

func (s *servers) forgetForm(address string) {
	s.change(address, func(known *server) { known.form, known.formKnown = simpleForm, false })
}

func (s *servers) setAhead(address string, takes bool) {
	s.change(address, func(known *server) { known.takesAhead, known.aheadKnown = takes, true })
}

func (s *servers) forgetAhead(address string) {
	s.change(address, func(known *server) { known.takesAhead, known.aheadKnown = false, false })
}

// change changes what is known of a server. When there would be too many, all others are forgotten.
func (s *servers) change(address string, change func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(address)
	if i < 0 {
		if len(s.of) >= maxServers {
			s.of = nil
		}
		i = len(s.of)
		s.of = append(s.of, server{address: address})
	}
	change(&s.of[i])
}

// find returns where a server is, -1 if it is not known; s.mu is held.
func (s *servers) find(address string) int {
	return slices.IndexFunc(s.of, func(known server) bool { return known.address == address })
}
