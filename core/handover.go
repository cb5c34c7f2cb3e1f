package core

import (
	"context"
	"errors"
	"time"

	"luatrtmp/core/client"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/mux"
	"luatrtmp/core/rtmperr"
)

const (
	// keyFrameWait bounds how long a successor waits for a key frame. More than cameras have between two, and less than a
	// server waits for media.
	keyFrameWait = 10 * time.Second

	// nameWait bounds how long a server may go on taking the stream's name for in use after the connection that used it
	// has ended. Then what is parked is out of date.
	nameWait = 10 * time.Second

	firstNamePause = 50 * time.Millisecond // between two attempts of that time; doubled from one to the next
)

// handover goes from one connection to another because the server asked for it. Its goroutine goes in a straight line
// through run, while serve goes on watching the connection that is to be left.
//
// Media flows to the old connection until the new one is accepted and a key frame comes: from that on, and with metadata
// and sequence headers before it, to the new one. A server that takes one publisher of a name at a time refuses that
// (BadName). Then the old connection ends at the key frame, what follows is parked, and the new one adopts it.
type handover struct {
	s      *session
	from   *client.Connection
	to     *endpoint.Endpoint
	wanted context.Context // done: given up
	giveUp context.CancelFunc
	lost   chan struct{} // closed when from broke
	news   chan moveNews // closed when all is told
}

// moveNews is what a handover tells serve.
type moveNews struct {
	parked bool               // from gets no more media, and is to be ended
	next   *client.Connection // has taken over; the end
	err    error              // why nothing has taken over, or why next is of no use; the end
}

// obey follows the server's request to reconnect, if there is one.
func (s *session) obey() {
	if s.line != lineUp {
		return
	}
	request, asked := s.now.TakeRequest()
	if !asked || s.moving { // or another one is being followed
		return
	}
	to, err := whereto(s.now.To, request.TCURL, s.home, s.o)
	if err == nil && !s.hops.allow(time.Now()) {
		err = rtmperr.New(rtmperr.ErrRefused, "there were %d in a short time", maxHops)
	}
	if err != nil {
		if untold, tell := s.hops.tell(time.Now()); tell {
			s.p.log.Warn("the server's request to reconnect is not followed; the stream goes on", "why", err, "left_out", untold)
		}
		return
	}
	if s.home.User != nil && to.User == nil {
		s.p.log.Warn("user and password are not sent to the other host that the server asks for: its certificate is not verified",
			"to", to.Masked())
	}
	s.p.log.Info("the server asks to reconnect", "to", to.Masked(), "why", to.Redact(request.Description))
	h := &handover{s: s, from: s.now, to: to, lost: make(chan struct{}), news: make(chan moveNews, 2)}
	h.wanted, h.giveUp = context.WithCancel(s.shutdown)
	s.move, s.moving = h, true
	go h.run()
}

// moved takes what a handover tells. An error ends the session.
func (s *session) moved(n moveNews) error {
	if n.parked {
		s.leave()
		return nil
	}
	s.move.giveUp()
	s.moving = false
	if n.next == nil {
		switch s.line {
		case lineLost:
			return s.lost
		case lineNone:
			return n.err
		}
		s.p.log.Warn("the connection that the server asked for failed; the stream goes on with the old one", "why", n.err)
		return nil
	}
	s.leave()
	s.line, s.now = lineUp, n.next
	s.p.reconnects.Add(1)
	s.p.mu.Lock()
	s.to = n.next.To
	s.p.mu.Unlock()
	s.p.log.Info("the stream goes to the connection that the server asked for", "server", n.next.To.Masked())
	if errors.Is(n.err, rtmperr.ErrEnded) {
		return nil // serve is going to see that
	}
	return n.err
}

// leave ends the connection that another one has taken over from.
func (s *session) leave() {
	if c := s.now; s.line != lineNone {
		s.line = lineNone
		s.leaving.Go(func() {
			if !c.Leave() {
				s.leftEarly.Store(true)
			}
		})
	}
}

// endMove calls off a handover that is under way, or lets it be complete if it is too late for that.
func (s *session) endMove() {
	if !s.moving {
		return
	}
	s.moving = false
	s.move.giveUp()
	for n := range s.move.news {
		if n.parked || n.next != nil {
			s.leave()
		}
		if n.next != nil {
			s.line, s.now = lineUp, n.next
		}
	}
}

func (h *handover) run() {
	defer close(h.news)
	var next *client.Connection
	err := rtmperr.Guard(func() (err error) {
		next, err = h.replace()
		return err
	})
	h.news <- moveNews{next: next, err: err}
}

// replace returns the connection that has taken over.
func (h *handover) replace() (*client.Connection, error) {
	next, err := h.connect()
	switch {
	case client.NameInUse(err):
		return h.replaceAfter()
	case err != nil:
		return nil, err
	}
	m := h.s.p.muxer
	err = h.awaitKey(m.PrepareSwitch(destination(next, h.s.o)), next)
	if err != nil && m.CancelSwitch() {
		h.s.leaving.Go(func() { next.Leave() })
		return nil, err
	}
	return next, err
}

// replaceAfter ends the old connection before the new one begins to publish.
func (h *handover) replaceAfter() (*client.Connection, error) {
	h.s.p.log.Info("the server takes one publisher of a name at a time: the old connection ends first")
	m := h.s.p.muxer
	if err := h.awaitKey(m.PrepareParking(h.s.newParking()), nil); err != nil && m.CancelSwitch() {
		return nil, err
	}
	h.news <- moveNews{parked: true}
	select {
	case <-h.from.Left:
	case <-h.wanted.Done():
		return nil, rtmperr.ErrEnded
	}
	limit := time.Now().Add(nameWait)
	for pause := firstNamePause; ; pause *= 2 {
		next, err := h.connect()
		if err == nil {
			m.PrepareSwitch(destination(next, h.s.o))
			m.SwitchNow()
			return next, nil
		}
		if !client.NameInUse(err) || time.Now().Add(pause).After(limit) {
			return nil, err
		}
		select {
		case <-time.After(pause):
		case <-h.wanted.Done():
			return nil, rtmperr.ErrEnded
		}
	}
}

// newParking returns a place where media can wait for a connection.
func (s *session) newParking() *mux.Parking {
	return mux.NewParking(s.o.QueueBytes, s.o.QueueMedia, s.p.counters.Dropped)
}

// connect brings the new connection up.
func (h *handover) connect() (*client.Connection, error) {
	c := client.New(h.s.p.clientConfig(), h.to, h.s.o, h.wanted, h.s.abort)
	if err := c.BringUp(func(client.Phase) bool { return h.wanted.Err() == nil }); err != nil {
		c.End()
		return nil, err
	}
	return c, nil
}

// awaitKey waits until what was prepared has taken over, and lets it do so at the latest when keyFrameWait is over or the
// old connection broke. It fails when next, if there is one, breaks meanwhile.
func (h *handover) awaitKey(taken <-chan struct{}, next *client.Connection) error {
	var broken <-chan struct{}
	var commands <-chan *message.Command
	if next != nil {
		broken, commands = next.Out.Done(), next.Commands()
	}
	limit := time.NewTimer(keyFrameWait)
	defer limit.Stop()
	for {
		select {
		case <-taken:
			return nil
		case <-h.lost:
			h.s.p.muxer.SwitchNow()
			return nil
		case <-limit.C:
			h.s.p.log.Warn("no key frame came: the stream goes to the new connection without one, and waits for it there", "waited", keyFrameWait)
			h.s.p.muxer.SwitchNow()
			return nil
		case <-h.wanted.Done():
			return rtmperr.ErrEnded
		case <-broken:
			return next.WhyBroken()
		case c, ok := <-commands:
			if !ok {
				return next.WhyClosed()
			}
			if err := next.Heard(c); err != nil {
				return err
			}
		}
	}
}
