package core

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

var (
	errLost     = failure(ErrNetwork, "lost")
	errBadName  = &ServerError{Command: "publish", Code: "NetStream.Publish.BadName"}
	errBadAuth  = &ServerError{Command: "publish", Code: "NetStream.Publish.BadAuth"}
	errSome     = &ServerError{Command: "publish", Code: "NetStream.Publish.Failed"}
	errFile     = &sourceError{errLost}
	everlasting = Reconnect{On: true, Min: time.Second, Max: time.Minute}
)

// The waits double, from the shortest to the longest, with as much chance in them as is wanted.
func TestRetriesBackOff(t *testing.T) {
	for _, ca := range []struct {
		name    string
		options Reconnect
		random  float64
		err     error
		want    []float64 // seconds
	}{
		{"least", everlasting, 0, errLost, []float64{1, 2, 4, 8, 16, 30, 30}},
		{"half", everlasting, 0.5, errLost, []float64{1.5, 3, 6, 12, 24, 45, 45}},
		{"most", everlasting, 1, errLost, []float64{2, 4, 8, 16, 32, 60, 60}},
		{"constant", Reconnect{On: true, Min: time.Second, Max: time.Second}, 0, errLost, []float64{1, 1, 1}},
		{"longest below shortest", Reconnect{On: true, Min: 5 * time.Second, Max: time.Second}, 0.3, errLost, []float64{5, 5}},
		{"limited", Reconnect{On: true, Min: time.Second, Max: time.Minute, Attempts: 2}, 0, errLost, []float64{1, 2, -1}},
		{"off", Reconnect{Min: time.Second, Max: time.Minute}, 0, errLost, []float64{-1}},
		{"refused", everlasting, 0, errSome, []float64{1, 2}},
		{"the URL is wrong", everlasting, 0, errBadAuth, []float64{-1}},
		{"the source is broken", everlasting, 0, errFile, []float64{-1}},
		{"a mistake of ours", everlasting, 0, guard(func() error { panic("x") }), []float64{-1}},
		{"name in use", everlasting, 1, errBadName, []float64{2, 4, 8, 10, 10}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			r := retries{random: func() float64 { return ca.random }}
			now := time.Unix(1000, 0)
			for _, want := range ca.want {
				wait, again := r.next(ca.options, ca.err, 0, false, now)
				if !again {
					wait = -time.Second
				}
				require.InDelta(t, want, wait.Seconds(), 1e-6)
			}
		})
	}
}

func TestRetriesNeverOverflow(t *testing.T) {
	r := newRetries()
	o := Reconnect{On: true, Min: time.Hour, Max: 24 * time.Hour}
	for range 200 {
		wait, again := r.next(o, errLost, 0, false, time.Now())
		require.True(t, again)
		require.GreaterOrEqual(t, wait, o.Min)
		require.LessOrEqual(t, wait, o.Max)
	}
}

func TestRetriesAfterAStableTime(t *testing.T) {
	r := retries{random: func() float64 { return 0 }}
	o := Reconnect{On: true, Min: time.Second, Max: time.Minute, Attempts: 2}
	now := time.Unix(1000, 0)
	for range 5 {
		for want := range 2 {
			wait, again := r.next(o, errLost, stableTime, false, now)
			require.True(t, again)
			require.Equal(t, time.Second, wait, want)
		}
	}
	_, again := r.next(o, errLost, stableTime-1, false, now)
	require.True(t, again)
	_, again = r.next(o, errLost, stableTime-1, false, now)
	require.False(t, again, "a connection that does not hold is a failure")
}

// A name in use is tried for more than a minute although the attempts are used up.
func TestRetriesOfAStaleName(t *testing.T) {
	r := retries{random: func() float64 { return 0.5 }}
	o := Reconnect{On: true, Min: time.Second, Max: time.Minute, Attempts: 1}
	start := time.Unix(1000, 0)
	now := start
	_, again := r.next(o, errLost, time.Hour, false, now)
	require.True(t, again)
	for {
		wait, again := r.next(o, errBadName, 0, false, now)
		if !again {
			break
		}
		require.LessOrEqual(t, wait, staleNamePause)
		now = now.Add(wait)
	}
	require.Greater(t, now.Sub(start), 60*time.Second)
	require.Less(t, now.Sub(start), 2*staleName)
	_, again = r.next(o, errLost, 0, false, now)
	require.False(t, again)
}

// A URL that is refused for itself: see denies.
func TestRetriesOfAWrongURL(t *testing.T) {
	r := retries{random: func() float64 { return 0 }}
	wait, again := r.next(everlasting, errBadAuth, 0, true, time.Now())
	require.True(t, again, "there may be another")
	require.Equal(t, time.Second, wait)

	r = retries{random: func() float64 { return 0 }}
	r.next(everlasting, errLost, time.Second, false, time.Now())
	wait, again = r.next(everlasting, errBadAuth, 0, false, time.Now())
	require.True(t, again, "it was accepted before")
	require.Equal(t, everlasting.Max/2, wait)
}

// quick are options to try again at once.
var quick = []string{"reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "10"}

// slow are options to try again in an hour.
var slow = []string{"reconnect", "true", "reconnect_min_ms", "3600000", "reconnect_max_ms", "3600000"}

// A server that comes and goes: each connection begins as the first one, and the script sees what happens.
func TestReconnects(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"), quick...)
	require.NoError(t, p.SetSource(rawVideo(t, 100_000)))
	p.Start()
	require.NoError(t, p.Connect())
	const rounds = 4
	for round := range rounds {
		c := s.Accept()
		c.Accept()
		m := c.Next()
		require.Equal(t, uint8(message.TypeDataAMF0), m.Type, "metadata first")
		c.Unread(m)
		for i := range uint32(12) {
			v, at, ok := nextVideo(t, c)
			require.True(t, ok)
			require.Equal(t, i%5 == 0, v.Key)
			require.Equal(t, i*2, at)
		}
		require.EqualValues(t, round, p.Info().Reconnects)
		require.NoError(t, p.Failure())
		if round < rounds-1 {
			c.Reset()
			require.ErrorIs(t, w.until(StateError).Err, ErrNetwork)
			refused := s.Accept() // and one attempt that fails
			require.True(t, p.Busy())
			refused.Close() // the server is known: it is not asked for another form of the handshake
			require.ErrorIs(t, w.until(StateError).Err, ErrHandshake)
		} else {
			go c.Drain()
		}
	}
	p.Disconnect()
	want := []State{1, 2, 3, 4}
	for range rounds - 1 {
		want = append(want, 7, 1, 2, 7, 1, 2, 3, 4)
	}
	require.Equal(t, append(want, 5, 6), w.states())
	require.False(t, p.Busy())
}

func TestReconnectAttempts(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	url := s.URL("live/key")
	s.Serve(nil)() // nobody listens
	p, w := newPublisher(t, url, append([]string{"reconnect_attempts", "2"}, quick...)...)
	for range 2 {
		require.NoError(t, p.Connect())
		for range 3 {
			require.ErrorIs(t, w.until(StateError).Err, ErrConnect)
		}
		for p.Busy() {
			time.Sleep(time.Millisecond)
		}
		require.Equal(t, StateError, p.State())
		require.ErrorIs(t, p.Failure(), ErrConnect)
	}
	require.Equal(t, []State{1, 7, 1, 7, 1, 7, 1, 7, 1, 7, 1, 7}, w.states())
	require.Zero(t, p.Info().Reconnects)
}

// Refusals: one that may pass, and one that will not.
func TestReconnectRefused(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"), append([]string{"reconnect_attempts", "1"}, quick...)...)
	require.NoError(t, p.Connect())
	refuse := func(code string) {
		c := s.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		c.Command("publish")
		c.Status(script.Info("error", code, ""))
		c.Drain()
	}
	for range 4 {
		refuse("NetStream.Publish.BadName")
		require.ErrorIs(t, w.until(StateError).Err, ErrRefused)
	}
	refuse("NetStream.Publish.BadAuth")
	require.ErrorContains(t, w.until(StateError).Err, "BadAuth")
	for p.Busy() {
		time.Sleep(time.Millisecond)
	}
}

// Frames pushed while there is no connection are dropped and counted, and no error.
func TestReconnectOutage(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, s.URL("live/key"), slow...)
	require.ErrorIs(t, p.SendVideo(keyFrame, 0, 0), ErrState, "not before there is a connection")
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	w.until(StatePublishing)
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	require.NoError(t, p.SendAAC(adts, nil, 0))
	c.Reset()
	for i := range uint32(100) { // also while it breaks
		require.NoError(t, p.SendVideo(picture, i, 0))
	}
	w.until(StateError)
	before := p.Stats()
	require.NoError(t, p.SendVideo(keyFrame, 200, 0))
	require.NoError(t, p.SendNALUs([][]byte{inter}, 200))
	require.NoError(t, p.SendAAC(adts, nil, 200))
	require.NoError(t, p.SendAudioBody([]byte{0xAF, 1, 0x21}, 200))
	require.ErrorIs(t, p.SendVideo([]byte{1, 2}, 200, 0), ErrInvalid, "what is wrong is told in any state")
	after := p.Stats()
	require.EqualValues(t, 4, after.DroppedFrames-before.DroppedFrames)
	require.EqualValues(t, len(keyFrame)+len(inter)+len(adts)+3, after.DroppedBytes-before.DroppedBytes)

	require.NoError(t, p.Connect(), "the user does not want to wait")
	require.Contains(t, []State{StateConnecting, StateHandshaking}, p.State())
	require.ErrorIs(t, p.Connect(), ErrState)
	c = s.Accept()
	c.Accept()
	w.until(StatePublishing)
	require.NoError(t, p.SendVideo(annexB(idr), 300, 0), "the parameter sets are known")
	_, at, ok := nextVideo(t, c)
	require.True(t, ok)
	require.Zero(t, at)
	go c.Drain()
	p.Disconnect()
	require.ErrorIs(t, p.SendVideo(keyFrame, 400, 0), ErrState)
	require.Equal(t, []State{1, 2, 3, 4, 7, 1, 2, 3, 4, 5, 6}, w.states())
}

// After a handover and an outage the stream begins again where the user said.
func TestReconnectAfterAHandover(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"), quick...)
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	first.Send(move(b.URL("other")))
	second := b.Accept()
	second.Accept()
	for p.Info().Reconnects == 0 {
		require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	}
	go first.Drain()
	require.Contains(t, p.String(), b.URL("other"))
	second.Close()
	w.until(StateError)
	third := a.Accept()
	third.Accept()
	w.until(StatePublishing)
	require.Contains(t, p.String(), a.URL("live"))
	require.EqualValues(t, 2, p.Info().Reconnects)
	go third.Drain()
	p.Disconnect()
}

// A handover that fails after the old connection has gone is a failure like others, and the attempt after it is like others.
func TestReconnectAfterAFailedHandover(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"), quick...)
	require.NoError(t, p.Connect())
	for range 2 {
		first := a.Accept()
		first.Accept()
		w.until(StatePublishing)
		first.Send(move(b.URL("live")))
		second := b.Accept()
		first.Close()
		time.Sleep(20 * time.Millisecond)
		second.Close()
		for range script.Forms - 1 {
			b.Accept().Close()
		}
		w.until(StateError)
	}
	c := a.Accept()
	c.Accept()
	w.until(StatePublishing)
	c.Close()
	w.until(StateError)
	p.Disconnect()
}

// The user ends it in every phase.
func TestReconnectEnded(t *testing.T) {
	for _, ca := range []struct {
		name    string
		options []string
		url     bool
		until   func(t *testing.T, s *script.Server)
		want    []State
	}{
		{"waiting", slow, false, func(*testing.T, *script.Server) {}, []State{1, 2, 7, 5, 6}},
		{"waiting for a URL", quick, true, func(*testing.T, *script.Server) {}, []State{1, 2, 7, 5, 6}},
		{"connecting", quick, false, func(t *testing.T, s *script.Server) { s.Accept() }, []State{1, 2, 7, 1, 2, 5, 6}},
		{"connected", quick, false, func(t *testing.T, s *script.Server) { s.Accept().AcceptConnect() }, []State{1, 2, 7, 1, 2, 3, 5, 6}},
	} {
		for name, end := range map[string]func(*Publisher){"disconnect": (*Publisher).Disconnect, "close": (*Publisher).Close} {
			t.Run(ca.name+" "+name, func(t *testing.T) {
				noLeak(t)
				s := script.Listen(t)
				p, w := newPublisher(t, s.URL("live/key"), ca.options...)
				asked := make(chan struct{}, 1)
				if ca.url {
					p.NotifyURL(func() bool { asked <- struct{}{}; return true })
				}
				require.NoError(t, p.Connect())
				s.HangUp()
				w.until(StateError)
				if ca.url {
					<-asked
				}
				ca.until(t, s)
				last := ca.want[len(ca.want)-3]
				for p.State() != last {
					time.Sleep(time.Millisecond)
				}
				begin := time.Now()
				end(p)
				require.Less(t, time.Since(begin), closeTimeout)
				require.False(t, p.Busy())
				if name == "disconnect" {
					require.Equal(t, ca.want, w.states())
				}
			})
		}
	}
}

// A fresh URL for each attempt but the first, set in the function or later from elsewhere.
func TestReconnectURL(t *testing.T) {
	for _, later := range []bool{false, true} {
		noLeak(t)
		a, b := script.Listen(t), script.Listen(t)
		p, w := newPublisher(t, a.URL("live/key?token=1"), quick...)
		asked := make(chan struct{}, 1)
		p.NotifyURL(func() bool {
			if later {
				asked <- struct{}{}
			} else {
				require.NoError(t, p.SetURL(b.URL("live/key?token=2")))
			}
			return later
		})
		require.NoError(t, p.Connect())
		c := a.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		require.Equal(t, "key?token=1", c.AcceptPublish().Arguments[0])
		c.Close()
		w.until(StateError)
		if later {
			<-asked
			require.ErrorIs(t, p.SetURL("http://h/x"), ErrInvalid)
			require.NoError(t, p.SetURL(b.URL("live/key?token=2")))
		}
		c = b.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		require.Equal(t, "key?token=2", c.AcceptPublish().Arguments[0])
		w.until(StatePublishing)
		go c.Drain()
		p.Disconnect()
		p.Close()
	}
}

// A URL that does not come is not waited for for ever.
func TestReconnectURLNeverComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ca := range []struct {
			name string
			url  func(*Publisher) bool
			want time.Duration
		}{
			{"nobody is asked", nil, time.Second},
			{"there is none", func(*Publisher) bool { return false }, time.Second},
			{"there is none after all", func(p *Publisher) bool {
				time.AfterFunc(time.Second, p.KeepURL)
				return true
			}, 2 * time.Second},
			{"it never comes", func(*Publisher) bool { return true }, time.Second + urlWait},
		} {
			p := New(quietLog())
			p.KeepURL()
			s := newSession(p, &target{}, &defaults)
			p.session = s
			p.KeepURL()
			if ca.url != nil {
				p.NotifyURL(func() bool { return ca.url(p) })
			}
			begin := time.Now()
			require.True(t, s.pause(time.Second), ca.name)
			require.Equal(t, ca.want, time.Since(begin), ca.name)
			s.forceToEnd()
			require.False(t, s.pause(time.Second))
		}
	})
}

// The user's own functions may end it or hurry it, from inside.
func TestReconnectFromInsideAnEvent(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	stop := s.Serve(func(c *script.Conn) { c.Handshake() }) // and closes
	p, w := newPublisher(t, s.URL("live/key"), slow...)
	failures := 0
	over := make(chan struct{})
	p.Notify(func(e Event) {
		w.take(e)
		switch {
		case e.New == StateError && failures < 20:
			failures++
			require.NoError(t, p.Connect())
		case e.New == StateError:
			p.Disconnect()
		case e.New == StateDisconnected:
			close(over)
		}
	})
	require.NoError(t, p.Connect())
	<-over
	require.Len(t, w.states(), 21*3+2)
	p.Close()
	stop()
}
