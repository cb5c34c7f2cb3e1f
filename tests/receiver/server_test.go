package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
	"github.com/stretchr/testify/require"
)

const testTimeout = 10 * time.Second

// events collects the receiver's output.
type events struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (e *events) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buf.Write(p)
}

func (e *events) find(name string) []event {
	e.mu.Lock()
	defer e.mu.Unlock()

	var found []event
	for line := range strings.Lines(e.buf.String()) {
		var ev event
		if json.Unmarshal([]byte(line), &ev) == nil && ev.Event == name {
			found = append(found, ev)
		}
	}

	return found
}

func (e *events) wait(t *testing.T, name string) event {
	t.Helper()
	require.Eventually(t, func() bool { return len(e.find(name)) > 0 }, testTimeout, time.Millisecond, name)
	return e.find(name)[0]
}

type running struct {
	*events
	dir  string
	stop context.CancelFunc
	done chan error
}

func runServer(t *testing.T, once bool, set ...func(*server)) *running {
	t.Helper()

	ctx, cancel := context.WithCancel(t.Context())
	r := &running{events: &events{}, dir: t.TempDir(), stop: cancel, done: make(chan error, 1)}
	s := &server{dir: r.dir, once: once, caps: "none", log: &eventLog{w: r.events}}
	for _, f := range set {
		f(s)
	}
	go func() { r.done <- s.run(ctx, "127.0.0.1:0") }()
	t.Cleanup(cancel)

	return r
}

func (r *running) waitEnd(t *testing.T) {
	t.Helper()

	select {
	case err := <-r.done:
		require.NoError(t, err)
	case <-time.After(testTimeout):
		t.Fatal("the receiver does not end")
	}
}

// publisher is the other side, made of gortmplib's parts, so that it can send any message.
type publisher struct {
	t  *testing.T
	nc net.Conn
	w  *message.Writer
	rw *rawmessage.Writer
	r  *message.Reader

	connected []any // the arguments of the answer to connect
}

func dial(t *testing.T, addr, app string) *publisher {
	t.Helper()
	return dialWith(t, addr, app, nil)
}

// dialWith adds fields to connect.
func dialWith(t *testing.T, addr, app string, fields amf0.Object) *publisher {
	t.Helper()

	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(testTimeout)))

	bc := bytecounter.NewReadWriter(nc)
	_, _, err = handshake.DoClient(bc, false, false)
	require.NoError(t, err)

	p := &publisher{
		t: t, nc: nc, w: message.NewWriter(bc, bc.Writer, false),
		rw: rawmessage.NewWriter(bc, bc.Writer, false), r: message.NewReader(bc, bc.Reader, nil),
	}
	p.command("connect", 1, append(amf0.Object{
		{Key: "app", Value: app}, {Key: "tcUrl", Value: "rtmp://" + addr + "/" + app},
	}, fields...))
	connected := p.answer()
	require.Equal(t, "_result", connected.Name)
	p.connected = connected.Arguments
	p.command("releaseStream", 2, nil, "x")
	p.command("createStream", 3, nil)
	require.Equal(t, 3, p.answer().CommandID)

	return p
}

func (p *publisher) command(name string, id int, args ...any) {
	p.t.Helper()
	require.NoError(p.t, p.w.Write(&message.CommandAMF0{ChunkStreamID: 3, Name: name, CommandID: id, Arguments: args}))
}

func (p *publisher) answer() *message.CommandAMF0 {
	p.t.Helper()

	for {
		m, err := p.r.Read()
		require.NoError(p.t, err)
		if cmd, ok := m.(*message.CommandAMF0); ok {
			return cmd
		}
	}
}

func (p *publisher) publish(stream string) (code string) {
	p.t.Helper()

	p.command("publish", 4, nil, stream, "live")
	code, _ = p.answer().Arguments[1].(amf0.Object).GetString("code")

	return code
}

func (p *publisher) send(typ uint8, ts uint32, body []byte) {
	p.t.Helper()
	require.NoError(p.t, p.rw.Write(&rawmessage.Message{
		ChunkStreamID: 4 + typ, Timestamp: time.Duration(ts) * time.Millisecond, Type: typ,
		MessageStreamID: streamIDField, Body: body,
	}))
}

// The recording is the messages' bytes as they were sent, whatever they hold.
func TestRecordingIsFaithful(t *testing.T) {
	sent := []struct {
		typ  uint8
		ts   uint32
		body []byte
	}{
		{18, 0, append(bytes.Clone(setDataFrame), "\x02\x00\x0aonMetaData\x08\x00\x00\x00\x00\x00\x00\x09"...)},
		{18, 0, []byte("\x02\x00\x06onText\x05")},
		{8, 0xFFFFFE, []byte{0xAF, 0x00, 0x12, 0x10, 0x56, 0xE5, 0x00}}, // a config with more than gortmplib would write
		{9, 0xFFFFFF, append([]byte{0x57, 1, 0xFF, 0xFF, 0xFE}, bytes.Repeat([]byte{1, 2, 3}, 30000)...)},
		{9, 0x01000010, []byte{0x17, 2, 0, 0, 7, 9}},
		{8, 0xFFFFFFF0, []byte{0xAF, 0x01, 0}},
	}

	s := runServer(t, true)
	p := dial(t, s.wait(t, "listening").Addr, "a/b")
	require.Equal(t, "NetStream.Publish.Start", p.publish("x?token=1"))

	want := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
	for _, m := range sent {
		p.send(m.typ, m.ts, m.body)

		body := bytes.TrimPrefix(m.body, setDataFrame)
		tag := append([]byte{m.typ}, binary.BigEndian.AppendUint32(nil, uint32(len(body)))[1:]...)
		tag = append(tag, byte(m.ts>>16), byte(m.ts>>8), byte(m.ts), byte(m.ts>>24), 0, 0, 0)
		tag = append(tag, body...)
		want = append(want, tag...)
		want = binary.BigEndian.AppendUint32(want, uint32(len(tag)))
	}
	p.command("deleteStream", 5, nil, 1.0)

	end := s.wait(t, "end")
	require.Equal(t, filepath.Join(s.dir, "a_b_x.flv"), end.File)
	require.Equal(t, "deleteStream", end.Why)
	require.Equal(t, 2, end.Video.Messages)
	require.Equal(t, 2, end.Audio.Messages)
	require.Equal(t, 2, end.Data.Messages)

	got, err := os.ReadFile(end.File)
	require.NoError(t, err)
	require.Equal(t, want, got)

	require.Len(t, s.find("media"), 3)
	require.Equal(t, uint32(0xFFFFFE), *s.find("media")[1].Timestamp)
	require.Equal(t, "token=1", s.find("publish")[0].Query)

	p.nc.Close()
	s.waitEnd(t) // once
	require.Equal(t, "closed by the publisher", s.find("close")[0].Why)
}

func TestStreamNames(t *testing.T) {
	s := runServer(t, false)
	addr := s.wait(t, "listening").Addr

	t.Run("deny", func(t *testing.T) {
		p := dial(t, addr, "live")
		require.Equal(t, "NetStream.Publish.Unauthorized", p.publish("deny1"))
		_, err := p.r.Read()
		require.Error(t, err)
	})

	t.Run("mute", func(t *testing.T) {
		p := dial(t, addr, "live")
		p.command("publish", 4, nil, "mute1", "live")
		require.NoError(t, p.nc.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
		_, err := p.r.Read()
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})

	t.Run("cut", func(t *testing.T) {
		p := dial(t, addr, "live")
		require.Equal(t, "NetStream.Publish.Start", p.publish("cut0"))
		_, err := p.r.Read()
		require.Error(t, err)
		require.Equal(t, "cut as the stream name asks", s.wait(t, "end").Why)
	})

	t.Run("the same name again", func(t *testing.T) {
		p := dial(t, addr, "live")
		require.Equal(t, "NetStream.Publish.Start", p.publish("cut0"))
		published := s.find("publish")
		require.Equal(t, filepath.Join(s.dir, "live_cut0-2.flv"), published[len(published)-1].File)
	})

	t.Run("slow", func(t *testing.T) {
		p := dial(t, addr, "live")
		require.Equal(t, "NetStream.Publish.Start", p.publish("slow"))
		begin := time.Now()
		p.send(9, 0, append([]byte{0x17, 1, 0, 0, 0}, make([]byte, 10000)...))
		require.Eventually(t, func() bool { return len(s.find("media")) > 0 }, testTimeout, time.Millisecond)
		require.Greater(t, time.Since(begin), 400*time.Millisecond)
	})

	t.Run("what gortmplib does not take", func(t *testing.T) {
		p := dial(t, addr, "live")
		require.Equal(t, "NetStream.Publish.Start", p.publish("wrong"))
		p.send(9, 0, []byte{0x12, 0, 0, 0, 0, 0})
		_, err := p.r.Read()
		require.Error(t, err)
		require.Eventually(t, func() bool {
			for _, e := range s.find("close") {
				if e.Why == "message of type 9, 6 bytes: unsupported video codec: 2" {
					return true
				}
			}
			return false
		}, testTimeout, time.Millisecond)
	})

	s.stop()
	s.waitEnd(t)
	require.NotEmpty(t, s.find("end"))
}

func TestFileName(t *testing.T) {
	for _, ca := range []struct{ in, out string }{
		{"live", "live"},
		{"a.b-c_D9", "a.b-c_D9"},
		{"../../etc/passwd", "_.._etc_passwd"},
		{"..", ""},
		{"a/b\\c\x00d?e", "a_b_c_d_e"},
		{"直播", "__"},
		{strings.Repeat("x", 300), strings.Repeat("x", maxNamePart)},
	} {
		require.Equal(t, ca.out, fileName(ca.in), ca.in)
	}
}
