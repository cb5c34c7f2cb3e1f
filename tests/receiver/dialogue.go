package main

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
)

const (
	windowAckSize = 2500000
	chunkSize     = 65536
	statusChunk   = 5       // chunk stream ID of onStatus
	commandChunk  = 3       // chunk stream ID of commands on the connection
	streamID      = 1       // the one message stream that createStream gives
	streamIDField = 1 << 24 // the same as gortmplib stores it: the bytes of the wire read big-endian
	refusalPause  = time.Second / 5
)

var cutName = regexp.MustCompile(`^cut(\d{1,4})`)

// command answers an AMF0 command. Commands that ask for nothing we have (releaseStream, FCPublish, FCUnpublish) get
// no answer, as from most servers.
func (c *conn) command(cmd *message.CommandAMF0) error {
	switch cmd.Name {
	case "connect":
		return c.connect(cmd)

	case "createStream":
		return c.write(&message.CommandAMF0{
			ChunkStreamID: cmd.ChunkStreamID, Name: "_result", CommandID: cmd.CommandID,
			Arguments: []any{nil, float64(streamID)},
		})

	case "publish":
		return c.publish(cmd)

	case "play":
		if err := c.status(cmd, "error", "NetStream.Play.Failed", "this server only records"); err != nil {
			return err
		}
		time.Sleep(refusalPause)
		return errors.New("play was refused")

	case "closeStream", "deleteStream":
		c.endRecording(cmd.Name)
	}

	return nil
}

func (c *conn) connect(cmd *message.CommandAMF0) error {
	if c.app != "" {
		return errors.New("connect came twice")
	}

	var args amf0.Object
	switch a := cmd.Arguments[0].(type) {
	case amf0.Object:
		args = a
	case amf0.ECMAArray:
		args = amf0.Object(a)
	default:
		return fmt.Errorf("connect: the first argument is a %T, not an object", a)
	}

	app, ok := args.GetString("app")
	if !ok || app == "" {
		return errors.New("connect: app is missing")
	}

	c.app = app
	tcURL, _ := args.GetString("tcUrl")
	flashVer, _ := args.GetString("flashVer")

	answer := []message.Message{
		&message.SetWindowAckSize{Value: windowAckSize},
		&message.SetPeerBandwidth{Value: windowAckSize, Type: 2},
		&message.SetChunkSize{Value: chunkSize},
		&message.CommandAMF0{
			ChunkStreamID: cmd.ChunkStreamID, Name: "_result", CommandID: cmd.CommandID,
			Arguments: []any{
				append(amf0.Object{
					{Key: "fmsVer", Value: "FMS/3,0,1,123"},
					{Key: "capabilities", Value: float64(31)},
				}, declared[c.server.caps]...),
				amf0.Object{
					{Key: "level", Value: "status"},
					{Key: "code", Value: "NetConnection.Connect.Success"},
					{Key: "description", Value: "Connection succeeded."},
					{Key: "objectEncoding", Value: float64(0)},
				},
			},
		},
	}
	for _, m := range answer {
		if err := c.write(m); err != nil {
			return err
		}
	}

	c.log.put(event{
		Event: "connect", Conn: c.id, Remote: c.nc.RemoteAddr().String(), App: app, TCURL: tcURL, FlashVer: flashVer,
		Declares: declares(args),
	})

	return nil
}

func (c *conn) publish(cmd *message.CommandAMF0) error {
	switch {
	case c.app == "":
		return errors.New("publish came before connect")
	case c.rec != nil:
		return errors.New("publish came twice")
	case len(cmd.Arguments) < 2:
		return errors.New("publish: the stream name is missing")
	}

	full, ok := cmd.Arguments[1].(string)
	if !ok || full == "" {
		return errors.New("publish: the stream name is missing")
	}

	name, query, _ := strings.Cut(full, "?")
	e := event{Event: "publish", Conn: c.id, App: c.app, Stream: name, Query: query}

	switch {
	case strings.HasPrefix(name, "deny"):
		e.Answer = "refused"
		c.log.put(e)
		if err := c.status(cmd, "error", "NetStream.Publish.Unauthorized", "authentication failed"); err != nil {
			return err
		}
		time.Sleep(refusalPause) // the answer shall be read before the end of the connection is seen
		return errors.New("publish was refused")

	case strings.HasPrefix(name, "mute"):
		e.Answer = "none"
		c.log.put(e)
		c.muted = true
		return nil
	}

	rec, err := newRecording(c.dir, c.app, name)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	c.rec = rec

	e.Answer, e.File = "accepted", rec.path
	c.log.put(e)

	if strings.HasPrefix(name, "slow") {
		c.slow = true
		if tc, ok := c.nc.(*net.TCPConn); ok {
			if err := tc.SetReadBuffer(slowBuffer); err != nil {
				return err
			}
		}
	}

	if err := c.status(cmd, "status", "NetStream.Publish.Start", "publish start"); err != nil {
		return err
	}

	c.askLater(name)

	if m := cutName.FindStringSubmatch(name); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return err
		}
		time.AfterFunc(time.Duration(n)*time.Second, func() {
			c.cut.Store(true)
			c.nc.Close()
		})
	}

	return nil
}

// status answers a publish or play command.
func (c *conn) status(cmd *message.CommandAMF0, level, code, description string) error {
	return c.write(&message.CommandAMF0{
		ChunkStreamID: statusChunk, MessageStreamID: streamIDField, Name: "onStatus", CommandID: cmd.CommandID,
		Arguments: []any{
			nil,
			amf0.Object{
				{Key: "level", Value: level},
				{Key: "code", Value: code},
				{Key: "description", Value: description},
			},
		},
	})
}
