package core

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// Everything at once, while the server drops connections at every stage, or asks for others: no race, no deadlock, nothing
// left.
func TestEverythingAtOnce(t *testing.T) {
	t.Run("once", func(t *testing.T) { everythingAtOnce(t) })
	t.Run("reconnecting", func(t *testing.T) { everythingAtOnce(t, quick...) })
}

func everythingAtOnce(t *testing.T, options ...string) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) {
		switch rand.IntN(9) {
		case 0:
			c.Reset()
		case 1:
			c.Handshake()
		case 2:
			c.AcceptConnect()
			c.Reset()
		case 3:
			c.Accept()
		case 4:
			c.Accept()
			c.Next()
			c.Reset()
		case 5:
			c.Accept()
			c.Send(move(""))
			c.Drain()
		case 6:
			c.Accept()
			c.Send(move(""))
			c.Next()
			c.Reset()
		case 7:
			c.Refuse(script.Info("error", "NetStream.Publish.BadName", ""))
		default:
			c.Accept()
			c.Drain()
		}
	})
	p, w := newPublisher(t, s.URL("live/stream"), append([]string{"timeout", "1000"}, options...)...)
	file := rawVideo(t, 1000)
	calls := []func(){
		func() { p.Connect() },
		func() { p.Connect() },
		func() { p.Connect() },
		func() { p.Disconnect() },
		p.Start,
		p.Stop,
		func() { p.SetSource(file) },
		func() { p.SetSource("none") },
		func() { p.SendMetadata(); p.SetMetadata("a", 1.0); p.ClearMetadata() },
		func() { p.SetOption("queue_ms", "500") },
		func() { p.SetURL(s.URL("live/other")) },
		func() { p.NotifyBitrate(func(uint32, time.Duration) {}) },
		func() { p.NotifyBitrate(nil) },
		func() { _, _, _, _ = p.Stats(), p.Info(), p.State(), p.String() },
		func() { p.Failure() },
		func() { p.NotifyURL(func() bool { return p.SetURL(s.URL("live/fresh")) != nil }) },
		func() { p.NotifyURL(nil) },
	}
	pushes := []func(){
		func() { p.SendVideo(keyFrame, rand.Uint32(), 0) },
		func() { p.SendAAC(adts, nil, rand.Uint32()) },
	}
	run := func(calls []func(), times int) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range times {
					calls[rand.IntN(len(calls))]()
				}
			})
		}
		all.Wait()
	}
	run(calls, 300)
	run(append(calls, pushes...), 300)
	w.states()
	var all sync.WaitGroup
	for range 4 {
		all.Go(p.Close)
		all.Go(func() { run(append(calls, pushes...), 2) })
	}
	all.Wait()
	require.ErrorIs(t, p.Connect(), rtmperr.ErrState)
	p.mu.Lock()
	require.Nil(t, p.session, "Close leaves no connection, whoever connects meanwhile")
	p.mu.Unlock()
	stop()
}

// However calls of Start, Stop and SetSource meet, only one feeder reads a source, and none reads a closed one.
func TestFeedersAtOnce(t *testing.T) {
	noLeak(t)
	src := fakeVideo(1_000_000, 25)
	for i := range src.units {
		src.units[i].DTS, src.units[i].PTS = 0, 0
	}
	f := newFed(t, quietLog(), src)
	stop := make(chan struct{})
	var drain, all sync.WaitGroup
	drain.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				f.w.Sent(t)
			}
		}
	})
	for i := range 4 {
		all.Go(func() {
			for range 100 {
				f.Start()
				f.Stop()
				if i == 0 {
					f.Start()
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, f.SetSource("none"))
	require.True(t, src.closed || src.at == len(src.units))
	close(stop)
	drain.Wait()
}

func TestCallsFromInsideACallback(t *testing.T) {
	for _, c := range []struct {
		name string
		at   State
		call func(*Publisher)
		want []State
	}{
		{"disconnect at 1", StateConnecting, (*Publisher).Disconnect, []State{1, 5, 6}},
		{"disconnect at 2", StateHandshaking, (*Publisher).Disconnect, []State{1, 2, 5, 6}},
		{"disconnect at 3", StateConnected, (*Publisher).Disconnect, []State{1, 2, 3, 5, 6}},
		{"disconnect at 4", StatePublishing, (*Publisher).Disconnect, []State{1, 2, 3, 4, 5, 6}},
		{"close at 2", StateHandshaking, (*Publisher).Close, []State{1, 2}},
		{"close at 4", StatePublishing, (*Publisher).Close, []State{1, 2, 3, 4}},
		{"start at 4", StatePublishing, func(p *Publisher) { p.Start(); p.Stop(); p.Disconnect() }, []State{1, 2, 3, 4, 5, 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
			p, w := newPublisher(t, s.URL("live/stream"))
			called := make(chan struct{})
			p.Notify(func(e Event) {
				w.take(e)
				if e.New == c.at {
					c.call(p)
					close(called)
				}
			})
			require.NoError(t, p.Connect())
			<-called
			if c.want[len(c.want)-1] == StateDisconnected {
				w.until(StateDisconnected)
			}
			p.Close()
			require.Equal(t, c.want, w.states())
			stop()
		})
	}
}

// A callback that connects again keeps the publisher going by itself.
func TestReconnectFromInsideACallback(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Accept() }) // and closes
	p, w := newPublisher(t, s.URL("live/stream"))
	rounds := 0
	enough := make(chan struct{})
	p.Notify(func(e Event) {
		w.take(e)
		if e.New != StateError {
			return
		}
		if rounds++; rounds == 20 {
			close(enough)
			return
		}
		require.NoError(t, p.Connect())
	})
	require.NoError(t, p.Connect())
	<-enough
	p.Close()
	require.Len(t, w.states(), 20*5)
	stop()
}

func TestCloseWaitsForTheCallback(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Accept(); c.Drain() })
	for _, end := range []func(*Publisher){(*Publisher).Close, (*Publisher).Disconnect} {
		p, _ := newPublisher(t, s.URL("live/stream"))
		inside, leave, left := make(chan struct{}), make(chan struct{}), false
		p.Notify(func(e Event) {
			if e.New == StatePublishing {
				close(inside)
				<-leave
				left = true
			}
		})
		require.NoError(t, p.Connect())
		<-inside
		ended := make(chan struct{})
		go func() {
			end(p)
			require.True(t, left)
			close(ended)
		}()
		select {
		case <-ended:
			require.Fail(t, "ended while the callback ran")
		case <-time.After(50 * time.Millisecond): // it can only pass too easily here, not fail
		}
		close(leave)
		<-ended
	}
	stop()
}

// What nobody has set a function for is not kept.
func TestUnwantedEvents(t *testing.T) {
	e := newEvents()
	e.setState(func(Event) {})
	e.setState(nil)
	e.add(notice{event: Event{New: 1}})
	e.add(notice{kbps: 1})
	e.add(notice{answered: make(chan struct{}, 1)})
	require.False(t, e.busy())
	e.setState(func(Event) {})
	e.add(notice{event: Event{New: 1}})
	require.True(t, e.busy())
	require.True(t, e.close())
	require.False(t, e.busy())
}
