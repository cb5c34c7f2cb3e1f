package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// maxConns is the number of connections served at a time; more wait in the listener's backlog. Together with
// gortmplib's limit of 10 MiB a message it bounds the memory.
const maxConns = 64

type server struct {
	dir  string
	once bool
	log  *eventLog

	caps         string // a key of declared
	reconnectURL string

	tls        *tls.Config // nil: RTMP in the clear
	user, pass string      // "": nobody is asked

	mu    sync.Mutex
	asked map[string]bool // streams that were asked to connect again
}

// firstAsk tells, the first time for a stream, that it was not yet asked to connect again.
func (s *server) firstAsk(app, stream string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	key := app + "/" + stream
	if s.asked[key] {
		return false
	}
	if s.asked == nil {
		s.asked = map[string]bool{}
	}
	s.asked[key] = true

	return true
}

// run listens on addr and serves until ctx is done or, with once, until the first accepted stream is over. Every
// file is complete when it returns.
func (s *server) run(ctx context.Context, addr string) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}

	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.tls != nil {
		ln = tls.NewListener(ln, s.tls)
	}
	defer context.AfterFunc(ctx, func() { ln.Close() })()

	s.log.put(event{Event: "listening", Addr: ln.Addr().String()})

	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, maxConns)

	for id := 1; ; id++ {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}

		nc, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			cancel()
			return fmt.Errorf("accept: %w", err)
		}

		wg.Go(func() {
			defer func() { <-slots }()
			if s.serve(ctx, id, nc) && s.once {
				cancel()
			}
		})
	}
}

// serve runs one connection and reports whether a stream was recorded on it.
func (s *server) serve(ctx context.Context, id int, nc net.Conn) bool {
	defer nc.Close()
	defer context.AfterFunc(ctx, func() { nc.Close() })()

	c := &conn{id: id, nc: nc, dir: s.dir, log: s.log, server: s, unjudged: map[string]bool{}}
	defer c.stopAsking()
	run := c.run
	if s.user != "" {
		run = func() error { return c.runWithPassword(s.user, s.pass) }
	}
	err := run()

	switch {
	case ctx.Err() != nil:
		err = errors.New("the receiver was told to stop")
	case c.cut.Load():
		err = errors.New("cut as the stream name asks")
	}

	c.endRecording(err.Error())
	s.log.put(event{Event: "close", Conn: id, Remote: nc.RemoteAddr().String(), Why: err.Error()})

	return c.recorded
}
