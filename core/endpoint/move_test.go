package endpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMoved(t *testing.T) {
	for _, ca := range []struct {
		from, TCURL            string
		address, want, app, is string // is: the error
	}{
		{"rtmp://h/live/s?k=1", "", "h:1935", "rtmp://h/live", "live", ""},
		{"rtmp://h/live/s", "rtmp://other:1936/app", "other:1936", "rtmp://other:1936/app", "app", ""},
		{"rtmp://h/live/s", "RTMP://other/app", "other:1935", "rtmp://other/app", "app", ""},
		{"rtmp://h/live/s", "rtmp://other:1935/a/b/", "other:1935", "rtmp://other/a/b", "a/b", ""},
		{"rtmp://h/live/s", "rtmp://[::1]:1936/app", "[::1]:1936", "rtmp://[::1]:1936/app", "app", ""},
		{"rtmp://h/live/s", "rtmp://other/app?vhost=x&y=%20", "other:1935", "rtmp://other/app?vhost=x&y=%20", "app?vhost=x&y=%20", ""},
		{"rtmp://h:1936/live/s", "//192.0.2.1/app", "192.0.2.1:1935", "rtmp://192.0.2.1/app", "app", ""},
		{"rtmp://h/live/s", "//other", "other:1935", "rtmp://other/live", "live", ""},
		{"rtmp://h:1936/live/s", "/app", "h:1936", "rtmp://h:1936/app", "app", ""},
		{"rtmp://h/a/b/s", "c", "h:1935", "rtmp://h/a/c", "a/c", ""},
		{"rtmp://h/a/b/s", "../c", "h:1935", "rtmp://h/c", "c", ""},
		{"rtmp://h/a/s", "http://other/app", "", "", "", "scheme"},
		{"rtmp://h/a/s", "rtmp://other:0/app", "", "", "", "port"},
		{"rtmp://h/a/s", "rtmp://%zz", "", "", "", "no URL"},
		{"rtmp://h/a/s", "\x01", "", "", "", "no URL"},
		{"rtmp://h/a/s", "rtmp:opaque", "", "", "", "no host"},
	} {
		t.Run(ca.from+" "+ca.TCURL, func(t *testing.T) {
			from, err := Parse(ca.from, nil, nil)
			require.NoError(t, err)
			to, err := from.Moved(ca.TCURL, from, MoveRule{})
			if ca.is != "" {
				require.ErrorContains(t, err, ca.is)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{ca.address, ca.want, ca.app, from.Stream}, []string{to.Address, to.TCURL, to.App, to.Stream})
		})
	}
}

func TestMayMove(t *testing.T) {
	require.NoError(t, mayMove("rtmp", "rtmp"))
	require.NoError(t, mayMove("rtmp", "rtmps"))
	require.NoError(t, mayMove("rtmps", "rtmps"))
	require.ErrorContains(t, mayMove("rtmps", "rtmp"), "from rtmps to rtmp")
	from := &Endpoint{Scheme: "rtmps", TCURL: "rtmps://h/live", Stream: "s"}
	_, err := from.Moved("rtmp://h/live", from, MoveRule{})
	require.ErrorContains(t, err, "what was encrypted stays so")
}
