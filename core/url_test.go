package core

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseURL(t *testing.T) {
	for _, c := range []struct{ url, app, stream, address, tcURL, wantApp, wantStream string }{
		{url: "rtmp://host/live/stream", address: "host:1935", tcURL: "rtmp://host/live", wantApp: "live", wantStream: "stream"},
		{url: "rtmp://host:1935/live/stream", address: "host:1935", tcURL: "rtmp://host/live", wantApp: "live", wantStream: "stream"},
		{url: "rtmp://host:1936/live/stream", address: "host:1936", tcURL: "rtmp://host:1936/live", wantApp: "live", wantStream: "stream"},
		{url: "RTMP://Host/live/stream", address: "Host:1935", tcURL: "rtmp://Host/live", wantApp: "live", wantStream: "stream"},
		{url: "rtmp://127.0.0.1/a/b/c", address: "127.0.0.1:1935", tcURL: "rtmp://127.0.0.1/a/b", wantApp: "a/b", wantStream: "c"},
		{url: "rtmp://[::1]/live/s", address: "[::1]:1935", tcURL: "rtmp://[::1]/live", wantApp: "live", wantStream: "s"},
		{url: "rtmp://[::1]:1935/live/s", address: "[::1]:1935", tcURL: "rtmp://[::1]/live", wantApp: "live", wantStream: "s"},
		{url: "rtmp://[2001:db8::1935]:80/live/s", address: "[2001:db8::1935]:80", tcURL: "rtmp://[2001:db8::1935]:80/live", wantApp: "live", wantStream: "s"},
		{url: "rtmp://[fe80::1%eth0]/live/s", address: "[fe80::1%eth0]:1935", tcURL: "rtmp://[fe80::1%eth0]/live", wantApp: "live", wantStream: "s"},
		{url: "rtmp://h/live/key?user=a/b&pass=c&x=http://d/", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "key?user=a/b&pass=c&x=http://d/"},
		{url: "rtmp://h/live/key?a?b=%2F#c", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "key?a?b=%2F#c"},
		{url: "rtmp://h/live/FB-1-0-Ab?s_bl=1&s_psm=1", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "FB-1-0-Ab?s_bl=1&s_psm=1"},
		{url: "rtmp://h/live/流?t=é", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "流?t=é"},
		{url: "rtmp://h/live/s", app: "x?vhost=v", address: "h:1935", tcURL: "rtmp://h/x?vhost=v", wantApp: "x?vhost=v", wantStream: "s"},
		{url: "rtmp://h/live/s", stream: "a/b?c", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "a/b?c"},
		{url: "rtmp://h/s", app: "live", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "s"},
		{url: "rtmp://h", app: "live", stream: "s", address: "h:1935", tcURL: "rtmp://h/live", wantApp: "live", wantStream: "s"},
	} {
		t.Run(c.url, func(t *testing.T) {
			got, err := parseURL(c.url, c.app, c.stream)
			require.NoError(t, err)
			require.Equal(t, &target{scheme: "rtmp", address: c.address, tcURL: c.tcURL, app: c.wantApp, stream: c.wantStream}, got)
			require.NotContains(t, got.masked(), c.wantStream+"?")
		})
	}
	long := strings.Repeat("t", 8000)
	got, err := parseURL("rtmp://h/live/s?token="+long, "", "")
	require.NoError(t, err)
	require.Equal(t, "s?token="+long, got.stream, "tokens are not cut")
}

func TestParseBadURL(t *testing.T) {
	for _, c := range []struct{ url, text string }{
		{"", "no scheme"},
		{"host/live/stream", "no scheme"},
		{"http://host/live/stream", `scheme "http"`},
		{"://host/live/stream", `scheme ""`},
		{"rtmps://host/live/stream", "rtmps:// is not supported"},
		{"RTMPT://host/live/stream", "rtmpt:// is not supported"},
		{"rtmp://host", "application or stream missing"},
		{"rtmp://host/", "application or stream missing"},
		{"rtmp://host/live", "application or stream missing"},
		{"rtmp://host/live/", "application or stream missing"},
		{"rtmp://host//stream", "application or stream missing"},
		{"rtmp://host/live/?key=1", "application or stream missing"},
		{"rtmp:///live/stream", "no host"},
		{"rtmp://:1935/live/stream", "no host"},
		{"rtmp://host:/live/stream", "colon without a port"},
		{"rtmp://[::1]:/live/stream", "colon without a port"},
		{"rtmp://host:0/live/stream", `port "0"`},
		{"rtmp://host:65536/live/stream", `port "65536"`},
		{"rtmp://host:-1/live/stream", `port "-1"`},
		{"rtmp://host:rtmp/live/stream", `port "rtmp"`},
		{"rtmp://::1/live/stream", "brackets"},
		{"rtmp://[::1/live/stream", "no IPv6 address"},
		{"rtmp://[host]/live/stream", "no IPv6 address"},
		{"rtmp://[::1]x/live/stream", "after the IPv6 address"},
		{"rtmp://user:pass@host/live/stream", "user and password"},
		{"rtmp://host?a=b/live/stream", "host"},
		{"rtmp://host/live/my stream", "byte 19"},
		{"rtmp://host/live/stream\n", "control character"},
		{"rtmp://host/live/" + strings.Repeat("s", maxURLLength), "bytes"},
	} {
		t.Run(c.url[:min(len(c.url), 40)], func(t *testing.T) {
			_, err := parseURL(c.url, "", "")
			require.ErrorIs(t, err, ErrInvalid)
			require.ErrorContains(t, err, c.text)
		})
	}
}
