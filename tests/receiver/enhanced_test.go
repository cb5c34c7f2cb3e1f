package main

import (
	"os"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/stretchr/testify/require"
)

func TestDeclared(t *testing.T) {
	for caps, want := range map[string][]string{
		"none": {"fmsVer", "capabilities"},
		"v1":   {"fmsVer", "capabilities", "fourCcList"},
		"v2":   {"fmsVer", "capabilities", "fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"},
	} {
		t.Run(caps, func(t *testing.T) {
			s := runServer(t, false, func(s *server) { s.caps = caps })
			p := dialWith(t, s.wait(t, "listening").Addr, "live", amf0.Object{
				{Key: "fourCcList", Value: amf0.StrictArray{"hvc1", "Opus"}},
				{Key: "videoFourCcInfoMap", Value: amf0.Object{{Key: "*", Value: 7.0}}},
				{Key: "capsEx", Value: 3.0},
			})

			var names []string
			for _, e := range p.connected[0].(amf0.Object) {
				names = append(names, e.Key)
			}
			require.Equal(t, want, names)
			require.Equal(t, map[string]any{
				"fourCcList": []any{"hvc1", "Opus"}, "videoFourCcInfoMap": map[string]any{"*": 7.0}, "capsEx": 3.0,
			}, s.wait(t, "connect").Declares)
		})
	}
}

func TestReconnectRequest(t *testing.T) {
	s := runServer(t, false, func(s *server) { s.reconnectURL = "rtmp://other/app" })
	addr := s.wait(t, "listening").Addr

	p := dial(t, addr, "live")
	require.Equal(t, "NetStream.Publish.Start", p.publish("reconnect0"))
	request := p.answer()
	require.Equal(t, "onStatus", request.Name)
	require.Zero(t, request.CommandID)
	require.Equal(t, amf0.Data{nil, amf0.Object{
		{Key: "level", Value: "status"},
		{Key: "code", Value: "NetConnection.Connect.ReconnectRequest"},
		{Key: "description", Value: "The streaming server is undergoing updates."},
		{Key: "tcUrl", Value: "rtmp://other/app"},
	}}, request.Arguments)
	require.Equal(t, "reconnect0", s.wait(t, "reconnect").Stream)

	again := dial(t, addr, "live")
	require.Equal(t, "NetStream.Publish.Start", again.publish("reconnect0"))
	require.NoError(t, again.nc.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	_, err := again.r.Read()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)

	for range 2 {
		p = dial(t, addr, "live")
		require.Equal(t, "NetStream.Publish.Start", p.publish("hops0"))
		require.Equal(t, "onStatus", p.answer().Name)
	}
}

// What gortmplib does not know is recorded too, and is told of.
func TestUnjudged(t *testing.T) {
	s := runServer(t, false)
	p := dial(t, s.wait(t, "listening").Addr, "live")
	require.Equal(t, "NetStream.Publish.Start", p.publish("x"))

	for _, m := range []struct {
		typ  uint8
		body string
	}{
		{9, "\x90vp08"},
		{9, "\x91vp08frame"},
		{8, "\x91ec-3frame"},
		{9, "\x96\x01vp08\x01frame"},
		{9, "\x97\x02\x00\x00\x01\x01hvc1\x00\x00\x00frame"},
	} {
		p.send(m.typ, 0, []byte(m.body))
	}
	p.command("deleteStream", 5, nil, 1.0)

	end := s.wait(t, "end")
	require.Equal(t, 4, end.Video.Messages)
	require.Equal(t, 1, end.Audio.Messages)
	require.NotEmpty(t, s.find("unjudged"))

	// What is broken is still refused.
	p = dial(t, s.find("listening")[0].Addr, "live")
	require.Equal(t, "NetStream.Publish.Start", p.publish("y"))
	p.send(9, 0, []byte("\x91xyz1frame"))
	_, err := p.r.Read()
	require.Error(t, err)
}
