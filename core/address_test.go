package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/tests/script"
)

// The server is told what the URL and the options say, empty texts included.
func TestAddressesOnTheWire(t *testing.T) {
	for _, c := range []struct {
		path        string
		options     []string
		app, stream string
	}{
		{"cam", nil, "cam", ""},
		{"live/key", nil, "live", "key"},
		{"live-bvc/?streamname=S&key=K", nil, "live-bvc", "?streamname=S&key=K"},
		{"live2?backup=1/KEY", nil, "live2?backup=1", "KEY"},
		{"live2", []string{"stream", "KEY"}, "live2", "KEY"},
		{"", []string{"app", "", "stream", "KEY"}, "", "KEY"},
		{"live/key", []string{"stream", ""}, "live", ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			s := script.Listen(t)
			p, w := newPublisher(t, "rtmp://h/a/s", c.options...)
			require.NoError(t, p.SetURL(s.URL(c.path)))
			require.NoError(t, p.Connect())
			conn := s.Accept()
			connect := conn.AcceptConnect().Object.(amf.Object)
			conn.AcceptStream()
			publish := conn.AcceptPublish()
			w.until(StatePublishing)
			app, _ := connect.Get("app")
			tcURL, _ := connect.Get("tcUrl")
			require.Equal(t, []amf.Value{c.app, s.URL("") + c.app}, []amf.Value{app, tcURL})
			require.Equal(t, c.stream, publish.Arguments[0])
		})
	}
}
