package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

const (
	dialogueTimeout = 10 * time.Second // for the handshake, and between messages before publish is accepted
	mediaTimeout    = 30 * time.Second // between two messages of an accepted or a muted stream
	writeTimeout    = 10 * time.Second

	slowStep   = 50 * time.Millisecond // a slow stream is read
	slowBytes  = 1000                  // this many bytes
	slowBuffer = 16 << 10              // at a time, behind a small socket buffer
)

// conn is one publisher's connection.
type conn struct {
	id  int
	nc  net.Conn
	dir string
	log *eventLog

	server *server

	r     *rawmessage.Reader
	w     *message.Writer
	wmu   sync.Mutex // of w: requests to connect again come from a timer
	check *checker

	app   string
	muted bool
	slow  bool
	cut   atomic.Bool

	rec      *recording
	recorded bool
	asking   *time.Timer     // asks the publisher to connect again
	unjudged map[string]bool // what was said to be unknown to gortmplib
}

// Read and Write give the handshake and the chunk layer a connection with deadlines and, for slow streams, a brake.
func (c *conn) Read(p []byte) (int, error) {
	timeout := dialogueTimeout
	if c.rec != nil || c.muted {
		timeout = mediaTimeout
	}

	if c.slow {
		time.Sleep(slowStep)
		p = p[:min(len(p), slowBytes)]
	}

	if err := c.nc.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return 0, err
	}

	return c.nc.Read(p)
}

func (c *conn) Write(p []byte) (int, error) {
	if err := c.nc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}

	return c.nc.Write(p)
}

// write sends a message.
func (c *conn) write(m message.Message) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()

	return c.w.Write(m)
}

// run serves the connection to its end. It never returns nil.
func (c *conn) run() error {
	bc := bytecounter.NewReadWriter(c)

	key, _, err := handshake.DoServer(bc, false)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if key != nil {
		return errors.New("handshake: the publisher asks for RTMPE, which is not served here")
	}

	c.check, err = newChecker()
	if err != nil {
		return err
	}

	c.w = message.NewWriter(bc, bc.Writer, false)
	c.r = rawmessage.NewReader(bc, bc.Reader, func(n uint32) error {
		return c.write(&message.Acknowledge{Value: n})
	})

	for {
		raw, err := c.r.Read()
		if err != nil {
			return why(err)
		}
		if err = c.handle(raw); err != nil {
			return err
		}
	}
}

// handle acts on one message.
func (c *conn) handle(raw *rawmessage.Message) error {
	m, err := c.check.decode(raw)
	if err != nil && beyondGortmplib(raw) {
		c.sayUnjudged(raw, err)
		return c.media(raw)
	}
	if err != nil {
		return fmt.Errorf("message of type %d, %d bytes: %w", raw.Type, len(raw.Body), err)
	}

	switch m := m.(type) {
	case *message.SetChunkSize:
		return c.r.SetChunkSize(m.Value)
	case *message.AbortMessage:
		c.r.AbortChunkStream(m.ChunkStreamID)
	case *message.SetWindowAckSize:
		c.r.SetWindowAckSize(m.Value)
	case *message.UserControlPingRequest:
		return c.write(&message.UserControlPingResponse{ServerTime: m.ServerTime})
	case *message.CommandAMF0:
		return c.command(m)
	}

	return c.media(raw)
}

// media records an audio, video or data message of an accepted stream.
func (c *conn) media(raw *rawmessage.Message) error {
	if c.rec == nil {
		return nil
	}

	first, err := c.rec.add(raw)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}

	if first {
		ts := wireTimestamp(raw)
		c.log.put(event{
			Event: "media", Conn: c.id, Stream: c.rec.stream, Type: tagTypes[raw.Type], Timestamp: &ts,
		})
	}

	return nil
}

// endRecording completes the file of the accepted stream, if there is one.
func (c *conn) endRecording(why string) {
	if c.rec == nil {
		return
	}

	rec := c.rec
	c.rec = nil
	c.recorded = true

	if err := rec.close(); err != nil {
		why = fmt.Sprintf("%s; recording: %v", why, err)
	}

	c.log.put(event{
		Event: "end", Conn: c.id, App: c.app, Stream: rec.stream, File: rec.path, Why: why, Seconds: rec.seconds(),
		Audio: rec.counts[tagAudio], Video: rec.counts[tagVideo], Data: rec.counts[tagData],
	})
}

// why puts the ends of a connection that are no mistake of the protocol into plain words.
func why(err error) error {
	var timeout net.Error

	switch {
	case errors.Is(err, io.EOF):
		return errors.New("closed by the publisher")
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("nothing came for too long")
	}

	return err
}
