package core

import (
	"encoding/binary"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// stream pushes numbered pictures, two of three of them with a composition time as B-frames have it, and numbered audio
// frames, in real time but faster.
type stream struct {
	t        *testing.T
	p        *Publisher
	quit     chan struct{}
	done     chan struct{}
	mu       sync.Mutex
	pictures int // accepted so far
	frames   int
}

const gop = 12

func pushStream(t *testing.T, p *Publisher, video, audio bool) *stream {
	s := &stream{t: t, p: p, quit: make(chan struct{}), done: make(chan struct{})}
	go s.run(video, audio)
	t.Cleanup(s.stop)
	return s
}

func (s *stream) stop() {
	select {
	case <-s.quit:
	default:
		close(s.quit)
	}
	<-s.done
}

func (s *stream) run(video, audio bool) {
	defer close(s.done)
	beat := time.NewTicker(2 * time.Millisecond)
	defer beat.Stop()
	for i := 0; ; i++ {
		number := binary.BigEndian.AppendUint32(nil, uint32(i)|0x80808080) // no start code in it
		if video {
			au := annexB(append(append([]byte{}, inter...), number...))
			if i%gop == 0 {
				au = annexB(spsMain, ppsMain, append(append([]byte{}, idr...), number...))
			}
			if s.p.SendVideo(au, uint32(i*40), int32(i%3*40)) == nil {
				s.count(&s.pictures)
			}
		}
		if audio {
			frame := append([]byte{0x21}, number...)
			if s.p.SendAAC(frame, ascStereo, uint32(i*40)) == nil {
				s.count(&s.frames)
			}
		}
		select {
		case <-beat.C:
		case <-s.quit:
			return
		}
	}
}

func (s *stream) count(n *int) {
	s.mu.Lock()
	*n++
	s.mu.Unlock()
}

// media is what one connection received.
type media struct {
	first    []string // what its first messages were
	pictures []int    // the numbers of the pictures
	keys     []bool
	times    []uint32 // of the pictures
	audio    []int
	goodbye  []string // commands
}

// collect reads in a goroutine of its own until the publisher closes.
func collect(c *script.Conn) <-chan media {
	result := make(chan media, 1)
	go func() {
		var m media
		note := func(word string) {
			if len(m.first) < 3 {
				m.first = append(m.first, word)
			}
		}
		for {
			r, err := c.Read()
			if err != nil {
				c.Close()
				result <- m
				return
			}
			number := func(body []byte) int { return int(binary.BigEndian.Uint32(body[len(body)-4:]) &^ 0x80808080) }
			switch b := r.Message.(type) {
			case *message.Data:
				note("M")
			case *message.Video:
				v, err := flv.ParseVideoTag(b.Body)
				if err != nil {
					note(err.Error())
					continue
				}
				if v.PacketType == flv.PacketSequenceHeader {
					note("VH")
					continue
				}
				note(map[bool]string{true: "K", false: "P"}[v.Key])
				m.pictures, m.keys, m.times = append(m.pictures, number(v.Data)), append(m.keys, v.Key), append(m.times, r.Timestamp)
			case *message.Audio:
				if a, err := flv.ParseAudioTag(b.Body); err == nil && a.PacketType == flv.PacketSequenceHeader {
					note("AH")
					continue
				}
				note("A")
				m.audio = append(m.audio, number(b.Body))
			case *message.Command:
				m.goodbye = append(m.goodbye, b.Name)
			}
		}
	}()
	return result
}

// move is a server's reconnect request.
func move(tcURL string) *message.Command {
	info := script.Info("status", reconnectRequest, "maintenance")
	if tcURL != "" {
		info = append(info, amf.Property{Name: "tcUrl", Value: tcURL})
	}
	return script.Status(info)
}

// numbered requires that the numbers are those from the first one on without a gap, and returns what would be next.
func numbered(t *testing.T, numbers []int, from int) int {
	t.Helper()
	for i, n := range numbers {
		require.Equal(t, from+i, n)
	}
	return from + len(numbers)
}

// begins requires that a connection begins as each has to.
func (m media) begins(t *testing.T) {
	t.Helper()
	require.Equal(t, []string{"M", "VH", "K"}, m.first)
	require.Zero(t, m.times[0])
	require.True(t, m.keys[0])
}

func TestHandover(t *testing.T) {
	for _, ca := range []struct {
		name, path string
		app        string
		tcURL      func(a, b *script.Server) string
		same       bool // the server asks to come back
	}{
		{"absolute", "live/key?token=1", "other/app", func(a, b *script.Server) string { return b.URL("other/app") }, false},
		{"network path", "live/key", "next", func(a, b *script.Server) string { return "//" + b.Address() + "/next" }, false},
		{"absolute path", "live/key", "next", func(a, b *script.Server) string { return "/next" }, true},
		{"relative", "a/b/key", "a/c", func(a, b *script.Server) string { return "c" }, true},
		{"none", "a/b/key", "a/b", func(a, b *script.Server) string { return "" }, true},
	} {
		t.Run(ca.name, func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			p, w := newPublisher(t, a.URL(ca.path))
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			s := pushStream(t, p, true, true)
			first.Unread(first.Next())
			first.Send(move(ca.tcURL(a, b)))
			old := collect(first)
			if ca.same {
				b = a
			}
			second := b.Accept()
			connect := second.AcceptConnect()
			second.AcceptStream()
			publish := second.AcceptPublish()
			app, _ := connect.Object.(amf.Object).GetString("app")
			require.Equal(t, ca.app, app)
			tcURL, _ := connect.Object.(amf.Object).GetString("tcUrl")
			require.Equal(t, b.URL(ca.app), tcURL)
			require.Equal(t, ca.path[strings.LastIndex(ca.path, "/")+1:], publish.Arguments[0])
			now := collect(second)

			before := <-old
			for p.Info().Reconnects == 0 {
				time.Sleep(time.Millisecond)
			}
			require.Contains(t, p.String(), b.URL(ca.app))
			time.Sleep(50 * time.Millisecond) // some more
			s.stop()
			p.Disconnect()
			after := <-now

			before.begins(t)
			after.begins(t)
			require.Equal(t, []string{"FCUnpublish", "deleteStream"}, before.goodbye)
			require.Equal(t, []string{"FCUnpublish", "deleteStream"}, after.goodbye)
			next := numbered(t, before.pictures, 0)
			require.Zero(t, next%gop, "the old connection ends before a key frame")
			require.Equal(t, s.pictures, numbered(t, after.pictures, next))
			require.Equal(t, s.frames, numbered(t, after.audio, numbered(t, before.audio, 0)))
			require.Equal(t, uint32(40), after.times[1])
			require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states(), "the script sees nothing of it")
			require.EqualValues(t, 1, p.Info().Reconnects)
			require.Zero(t, p.Stats().DroppedFrames)
			require.EqualValues(t, s.pictures, p.Stats().VideoFramesSent)
		})
	}
}

// A source goes on over a handover, and after a pause in it its time goes on too.
func TestHandoverOfASource(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.SetSource(rawVideo(t, 10_000)))
	p.Start()
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	_, _, ok := nextVideo(t, first)
	require.True(t, ok)
	first.Send(move(b.URL("live")))
	go first.Drain()
	second := b.Accept()
	second.Accept()
	for i := range uint32(20) {
		v, at, ok := nextVideo(t, second)
		require.True(t, ok)
		require.Equal(t, i%5 == 0, v.Key)
		require.Equal(t, i*2, at)
	}
	p.Stop()
	const pause = 300 * time.Millisecond
	time.Sleep(pause)
	p.Start()
	for last := uint32(38); ; {
		_, at, _ := nextVideo(t, second)
		if at-last >= uint32(pause.Milliseconds())/2 {
			break
		}
		require.Less(t, at, uint32(5_000), "the pause is not seen")
		last = at
	}
	p.Disconnect()
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
}

func TestHandoverOfAudio(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	s := pushStream(t, p, false, true)
	first.Unread(first.Next())
	first.Send(move(b.URL("live")))
	old := collect(first)
	second := b.Accept()
	second.Accept()
	now := collect(second)
	before := <-old
	s.stop()
	p.Disconnect()
	after := <-now
	require.Equal(t, []string{"M", "AH", "A"}, after.first)
	require.Equal(t, s.frames, numbered(t, after.audio, numbered(t, before.audio, 0)))
}

// A server that takes a name only once: the old connection ends first, and what comes meanwhile is not lost.
func TestHandoverOneNameAtATime(t *testing.T) {
	noLeak(t)
	a := script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	s := pushStream(t, p, true, true)
	first.Unread(first.Next())
	first.Send(move(""))
	old := collect(first)
	refuse := func() {
		c := a.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		c.Command("publish")
		c.Status(script.Info("error", "NetStream.Publish.BadName", "already publishing"))
		c.Close()
	}
	refuse()
	before := <-old
	require.Equal(t, []string{"FCUnpublish", "deleteStream"}, before.goodbye)
	refuse() // the server is not done yet with the old one
	second := a.Accept()
	second.Accept()
	now := collect(second)
	time.Sleep(50 * time.Millisecond)
	s.stop()
	p.Disconnect()
	after := <-now
	after.begins(t)
	next := numbered(t, before.pictures, 0)
	require.Zero(t, next%gop)
	require.Equal(t, s.pictures, numbered(t, after.pictures, next))
	require.Equal(t, s.frames, numbered(t, after.audio, numbered(t, before.audio, 0)))
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
}

// What comes instead of a successor leaves the old connection as it is; when that ends too, its reason is the error.
func TestHandoverFails(t *testing.T) {
	gone := func(t *testing.T) string {
		s := script.Listen(t)
		url := s.URL("live")
		s.Serve(nil)()
		return url
	}
	for _, ca := range []struct {
		name  string
		tcURL func(t *testing.T) string
		next  func(*script.Conn)
		log   string
	}{
		{"nobody listens", gone, nil, "nothing listens"},
		{"refused", nil, func(c *script.Conn) {
			c.AcceptConnect()
			c.AcceptStream()
			c.Command("publish")
			c.Status(script.Info("error", "NetStream.Publish.BadAuth", "no"))
		}, "BadAuth"},
		{"closed", nil, func(c *script.Conn) { c.AcceptConnect(); c.Close() }, "closed the connection"},
		{"closed before the key frame", nil, func(c *script.Conn) { c.Accept(); c.Close() }, "soon"},
		{"taken back before the key frame", nil, func(c *script.Conn) {
			c.Accept()
			c.Status(script.Info("error", "NetStream.Publish.Denied", "changed my mind"))
		}, "changed my mind"},
		{"silent", nil, func(c *script.Conn) { c.Handshake() }, "no answer to connect"},
		{"no RTMP", nil, func(c *script.Conn) { c.Write(make([]byte, 4000)) }, "handshake"},
		{"another scheme", func(*testing.T) string { return "http://h/live" }, nil, "scheme"},
		{"no URL", func(*testing.T) string { return "rtmp://h:x/%zz" }, nil, "no URL"},
		{"endless", func(*testing.T) string { return "rtmp://h/" + strings.Repeat("x", 10_000) }, nil, "bytes"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			log := &lines{more: make(chan struct{}, 1)}
			p, w := newPublisher(t, a.URL("live/key"), "timeout", "500")
			p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			require.NoError(t, p.SendVideo(keyFrame, 0, 0))
			url := b.URL("live")
			if ca.tcURL != nil {
				url = ca.tcURL(t)
			}
			first.Send(move(url))
			if ca.next != nil {
				ca.next(b.Accept())
			}
			<-log.more
			require.Contains(t, log.String(), ca.log)
			require.Contains(t, log.String(), "the stream goes on")
			require.NoError(t, p.SendVideo(keyFrame, 40, 0))
			for pictures := 0; pictures < 2; {
				if _, ok := first.Next().Message.(*message.Video); ok {
					pictures++
				}
			}
			require.Zero(t, p.Info().Reconnects)
			first.Close()
			require.ErrorIs(t, w.until(StateError).Err, ErrNetwork)
			require.Equal(t, []State{1, 2, 3, 4, 7}, w.states())
		})
	}
}

func TestHandoverHops(t *testing.T) {
	noLeak(t)
	a := script.Listen(t)
	log := &lines{more: make(chan struct{}, 1)}
	p, w := newPublisher(t, a.URL("live/key"))
	p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	require.NoError(t, p.Connect())
	c := a.Accept()
	c.Accept()
	w.until(StatePublishing)
	s := pushStream(t, p, true, true)
	c.Unread(c.Next()) // media flows
	var all []<-chan media
	for range maxHops {
		c.Send(move(""))
		all = append(all, collect(c))
		c = a.Accept()
		c.AcceptConnect()
		c.AcceptStream()
		c.AcceptPublish()
		for p.Info().Reconnects < uint32(len(all)) {
			time.Sleep(time.Millisecond)
		}
	}
	c.Send(move(""))
	<-log.more
	require.Contains(t, log.String(), "5 in a short time")
	all = append(all, collect(c))
	s.stop()
	p.Disconnect()
	pictures, frames := 0, 0
	for _, one := range all {
		m := <-one
		m.begins(t)
		pictures, frames = numbered(t, m.pictures, pictures), numbered(t, m.audio, frames)
	}
	require.Equal(t, []int{s.pictures, s.frames}, []int{pictures, frames})
	require.EqualValues(t, maxHops, p.Info().Reconnects)
}

// A request that comes before the stream is accepted is obeyed as soon as it is, and one of the successor's too.
func TestHandoverAskedEarly(t *testing.T) {
	noLeak(t)
	a, b, d := script.Listen(t), script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.AcceptConnect()
	first.Send(move(b.URL("live")))
	first.AcceptStream()
	first.AcceptPublish()
	w.until(StatePublishing)
	second := b.Accept()
	second.Accept()
	second.Send(move(d.URL("live")))
	s := pushStream(t, p, true, true)
	all := []<-chan media{collect(first), collect(second)}
	third := d.Accept()
	third.Accept()
	all = append(all, collect(third))
	for p.Info().Reconnects < 2 {
		time.Sleep(time.Millisecond)
	}
	s.stop()
	p.Disconnect()
	pictures := 0
	for _, one := range all {
		pictures = numbered(t, (<-one).pictures, pictures)
	}
	require.Equal(t, s.pictures, pictures)
}

// The old server does not wait: nothing but what it did not read is lost, and the script sees nothing.
func TestHandoverOldOneGoes(t *testing.T) {
	for _, ca := range []struct {
		name  string
		ready bool // the successor is, when the old one goes
	}{{"while the new one comes", false}, {"while a key frame is awaited", true}} {
		t.Run(ca.name, func(t *testing.T) {
			noLeak(t)
			a, b := script.Listen(t), script.Listen(t)
			p, w := newPublisher(t, a.URL("live/key"))
			require.NoError(t, p.SetSource(rawVideo(t, 10_000)))
			require.NoError(t, p.Connect())
			first := a.Accept()
			first.Accept()
			w.until(StatePublishing)
			if !ca.ready {
				p.Start()
				first.Next()
			}
			first.Send(move(b.URL("live")))
			second := b.Accept()
			if ca.ready {
				second.Accept()
				first.Close()
				p.Start()
			} else {
				first.Close()
				time.Sleep(100 * time.Millisecond)
				second.Accept()
			}
			for i := range uint32(20) {
				v, at, ok := nextVideo(t, second)
				require.True(t, ok)
				require.Equal(t, i%5 == 0, v.Key)
				require.LessOrEqual(t, at, i*2, "a source that is started again sends what it held at once")
			}
			require.Equal(t, []State{1, 2, 3, 4}, w.states())
			go second.Drain()
		})
	}
}

func TestHandoverOldOneGoesAndNewOneFails(t *testing.T) {
	noLeak(t)
	a, b := script.Listen(t), script.Listen(t)
	p, w := newPublisher(t, a.URL("live/key"))
	require.NoError(t, p.Connect())
	first := a.Accept()
	first.Accept()
	w.until(StatePublishing)
	first.Send(move(b.URL("live")))
	second := b.Accept()
	second.Handshake()
	first.Status(script.Info("error", "NetStream.Publish.Failed", "restarting"))
	first.Close()
	time.Sleep(20 * time.Millisecond)
	second.Close()
	require.ErrorContains(t, w.until(StateError).Err, "restarting")
}

// The user ends it in every phase, and everything ends with it, cleanly where there is a connection to say so.
func TestHandoverEnded(t *testing.T) {
	badName := script.Info("error", "NetStream.Publish.BadName", "")
	phases := []struct {
		name string
		run  func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server)
	}{
		{"dialing", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {}},
		{"handshaking", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) { b.Accept() }},
		{"connecting", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) { b.Accept().Handshake() }},
		{"awaiting a key frame", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.Accept()
			go c.Drain()
		}},
		{"awaiting a key frame to end first", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.AcceptConnect()
			c.AcceptStream()
			c.Command("publish")
			c.Status(badName)
			c.Drain()
		}},
		{"parked", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.AcceptConnect()
			c.AcceptStream()
			c.Command("publish")
			c.Status(badName)
			c.Drain()
			pushStream(t, p, true, false)
			go first.Drain()
			b.Accept().Handshake()
		}},
		{"leaving", func(t *testing.T, p *Publisher, first *script.Conn, b *script.Server) {
			c := b.Accept()
			c.Accept()
			for p.Info().Reconnects == 0 {
				p.SendVideo(keyFrame, 80, 0)
			}
			go c.Drain()
		}},
	}
	for _, phase := range phases {
		for name, end := range map[string]func(*Publisher){"disconnect": (*Publisher).Disconnect, "close": (*Publisher).Close} {
			t.Run(phase.name+" "+name, func(t *testing.T) {
				noLeak(t)
				a, b := script.Listen(t), script.Listen(t)
				p, w := newPublisher(t, a.URL("live/key"))
				require.NoError(t, p.Connect())
				first := a.Accept()
				first.Accept()
				w.until(StatePublishing)
				require.NoError(t, p.SendVideo(keyFrame, 0, 0))
				first.Next()
				first.Send(move(b.URL("live")))
				phase.run(t, p, first, b)
				begin := time.Now()
				end(p)
				require.Less(t, time.Since(begin), closeTimeout+closeTimeout)
				p.mu.Lock()
				require.Nil(t, p.session)
				p.mu.Unlock()
				if name == "disconnect" {
					require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
				}
			})
		}
	}
}
