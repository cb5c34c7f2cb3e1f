package core

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goodURLs serve TestParseURL and the seeds of FuzzParseURL. place and app make the tcUrl.
var goodURLs = []struct{ url, app, stream, address, place, wantApp, wantStream string }{
	{url: "rtmp://host/live/stream", address: "host:1935", place: "rtmp://host/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://host:1935/live/stream", address: "host:1935", place: "rtmp://host/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://host:1936/live/stream", address: "host:1936", place: "rtmp://host:1936/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://host:443/live/stream", address: "host:443", place: "rtmp://host:443/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://host:01935/live/stream", address: "host:1935", place: "rtmp://host/", wantApp: "live", wantStream: "stream"},
	{url: "RTMP://Host/live/stream", address: "Host:1935", place: "rtmp://Host/", wantApp: "live", wantStream: "stream"},
	{url: "rTmP://host/Live/Stream", address: "host:1935", place: "rtmp://host/", wantApp: "Live", wantStream: "Stream"},
	{url: "rtmps://host/live/stream", address: "host:443", place: "rtmps://host/", wantApp: "live", wantStream: "stream"},
	{url: "rtmps://host:443/live/stream", address: "host:443", place: "rtmps://host/", wantApp: "live", wantStream: "stream"},
	{url: "rtmps://host:1935/live/stream", address: "host:1935", place: "rtmps://host:1935/", wantApp: "live", wantStream: "stream"},
	{url: "RTMPS://host:8443/live/stream", address: "host:8443", place: "rtmps://host:8443/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://host./live/stream", address: "host.:1935", place: "rtmp://host./", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://a-b.c_d/live/stream", address: "a-b.c_d:1935", place: "rtmp://a-b.c_d/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://my%2Dhost/live/stream", address: "my-host:1935", place: "rtmp://my-host/", wantApp: "live", wantStream: "stream"},
	{url: "rtmp://127.0.0.1/a/b/c", address: "127.0.0.1:1935", place: "rtmp://127.0.0.1/", wantApp: "a/b", wantStream: "c"},
	{url: "rtmp://host/a/b/c/d/e", address: "host:1935", place: "rtmp://host/", wantApp: "a/b/c/d", wantStream: "e"},
	{url: "rtmp://host/a//c", address: "host:1935", place: "rtmp://host/", wantApp: "a/", wantStream: "c"},
	{url: "rtmp://host/live/_definst_/s", address: "host:1935", place: "rtmp://host/", wantApp: "live/_definst_", wantStream: "s"},
	{url: "rtmp://host/live/mp4:s.mp4", address: "host:1935", place: "rtmp://host/", wantApp: "live", wantStream: "mp4:s.mp4"},

	{url: "rtmp://[::1]/live/s", address: "[::1]:1935", place: "rtmp://[::1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[::1]:1935/live/s", address: "[::1]:1935", place: "rtmp://[::1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmps://[::1]/live/s", address: "[::1]:443", place: "rtmps://[::1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmps://[::1]:1935/live/s", address: "[::1]:1935", place: "rtmps://[::1]:1935/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[2001:db8::1935]:80/live/s", address: "[2001:db8::1935]:80", place: "rtmp://[2001:db8::1935]:80/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[2001:DB8::A]/live/s", address: "[2001:DB8::A]:1935", place: "rtmp://[2001:DB8::A]/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[::ffff:192.0.2.1]/live/s", address: "[::ffff:192.0.2.1]:1935", place: "rtmp://[::ffff:192.0.2.1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[fe80::1%eth0]/live/s", address: "[fe80::1%eth0]:1935", place: "rtmp://[fe80::1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[fe80::1%25eth0]/live/s", address: "[fe80::1%eth0]:1935", place: "rtmp://[fe80::1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[fe80::1%25eth%2D0]:1936/live/s", address: "[fe80::1%eth-0]:1936", place: "rtmp://[fe80::1]:1936/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[fe80::1%2]/live/s", address: "[fe80::1%2]:1935", place: "rtmp://[fe80::1]/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://[fe80::1%25]/live/s", address: "[fe80::1%25]:1935", place: "rtmp://[fe80::1]/", wantApp: "live", wantStream: "s"},

	{url: "rtmp://h/live/key?user=a/b&pass=c&x=http://d/", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "key?user=a/b&pass=c&x=http://d/"},
	{url: "rtmp://h/live/key?a?b=%2F#c", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "key?a?b=%2F#c"},
	{url: "rtmp://h/live/key?", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "key?"},
	{url: "rtmp://h/live/key&x=1", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "key&x=1"},
	{url: "rtmp://h/live/a%20b", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "a%20b"},
	{url: "rtmp://h/live%2Fx/s", address: "h:1935", place: "rtmp://h/", wantApp: "live%2Fx", wantStream: "s"},
	{url: "rtmp://h/live/a%zz", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "a%zz"},
	{url: "rtmp://h/live/me@home", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "me@home"},
	{url: "rtmp://h/live/a:b@c:d", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "a:b@c:d"},
	{url: "rtmp://h/live/FB-1-0-Ab?s_bl=1&s_psm=1", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "FB-1-0-Ab?s_bl=1&s_psm=1"},
	{url: "rtmp://h/live/s?auth_key=1-0-0-ab&txSecret=c+d%2B", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "s?auth_key=1-0-0-ab&txSecret=c+d%2B"},
	{url: "rtmp://h/live/流?t=é", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "流?t=é"},
	{url: "rtmp://h/live/s#fragment", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "s#fragment"},

	{url: "rtmp://h/live/s", app: "x?vhost=v", address: "h:1935", place: "rtmp://h/", wantApp: "x?vhost=v", wantStream: "s"},
	{url: "rtmp://h/live/s", stream: "a/b?c", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "a/b?c"},
	{url: "rtmp://h/s", app: "live", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://h", app: "live", stream: "s", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "s"},
	{url: "rtmps://h:443", app: "a/b", stream: "s?t", address: "h:443", place: "rtmps://h/", wantApp: "a/b", wantStream: "s?t"},
	{url: "rtmp://h/a/b?q", app: "x", stream: "y", address: "h:1935", place: "rtmp://h/", wantApp: "x", wantStream: "y"},
}

func TestParseURL(t *testing.T) {
	for _, c := range goodURLs {
		t.Run(c.url, func(t *testing.T) {
			got, err := parseURL(c.url, c.app, c.stream)
			require.NoError(t, err)
			require.Equal(t, []string{c.address, c.place, c.place + c.wantApp, c.wantApp, c.wantStream},
				[]string{got.address, got.place(), got.tcURL, got.app, got.stream})
			require.Equal(t, strings.HasPrefix(strings.ToLower(c.url), "rtmps"), got.scheme == "rtmps")
			require.Nil(t, got.user)
			require.NotContains(t, got.masked(), c.wantStream+"?")
		})
	}
	long := strings.Repeat("t", 8<<10)
	got, err := parseURL("rtmp://h/live/s?token="+long, "", "")
	require.NoError(t, err)
	require.Equal(t, "s?token="+long, got.stream, "tokens are not cut")
}

func TestParseURLWithUser(t *testing.T) {
	for _, c := range []struct{ url, user, password, address string }{
		{"rtmp://bob:secret@host/live/s", "bob", "secret", "host:1935"},
		{"rtmps://bob:secret@host/live/s", "bob", "secret", "host:443"},
		{"rtmp://bob:secret@[::1]:1936/live/s", "bob", "secret", "[::1]:1936"},
		{"rtmp://bob@host/live/s", "bob", "", "host:1935"},
		{"rtmp://bob:@host/live/s", "bob", "", "host:1935"},
		{"rtmp://b%40b:s%2Fe%3Ac%25r%3Fe%23t@host/live/s", "b@b", "s/e:c%r?e#t", "host:1935"},
		{"rtmp://bob:a:b@host/live/s", "bob", "a:b", "host:1935"},
		{"rtmp://bob:a@b@host/live/s", "bob", "a@b", "host:1935"},
		{"rtmp://bob:a+b%2B@host/live/s", "bob", "a+b+", "host:1935"},
		{"rtmp://%E6%B5%81:p%C3%A4ss@host/live/s", "流", "päss", "host:1935"},
	} {
		t.Run(c.url, func(t *testing.T) {
			got, err := parseURL(c.url, "", "")
			require.NoError(t, err)
			require.Equal(t, &credentials{c.user, c.password}, got.user)
			require.Equal(t, c.address, got.address)
			for _, text := range []string{got.tcURL, got.masked(), got.authority, got.place()} {
				require.NotContains(t, text, "@")
				require.NotContains(t, text, "bob")
			}
		})
	}
}

// badURLs serve TestParseBadURL and the seeds of FuzzParseURL.
var badURLs = []struct{ url, text string }{
	{"", "no scheme"},
	{"host/live/stream", "no scheme"},
	{"hunter2@host/x?y=http://z", "no scheme"},
	{"http://host/live/stream", `scheme "http"`},
	{"://host/live/stream", `scheme ""`},
	{"srt://host:9000", `scheme "srt"`},
	{"RTMPT://host/live/stream", "rtmpt:// is not supported"},
	{"rtmpe://host/live/stream", "rtmpe:// is not supported; use rtmp:// or, encrypted, rtmps://"},
	{"rtmp:/host/live/stream", "no scheme"},
	{"rtmp://host", "application or stream missing"},
	{"rtmp://host/", "application or stream missing"},
	{"rtmp://host/live", "application or stream missing"},
	{"rtmp://host/live/", "application or stream missing"},
	{"rtmp://host//stream", "application or stream missing"},
	{"rtmp://host/live/?key=1", "application or stream missing"},
	{"rtmp:///live/stream", "no host"},
	{"rtmp://:1935/live/stream", "no host"},
	{"rtmp://bob:hunter2@/live/stream", "no host"},
	{"rtmp://host:/live/stream", "colon without a port"},
	{"rtmp://[::1]:/live/stream", "colon without a port"},
	{"rtmp://host:0/live/stream", `port "0"`},
	{"rtmp://host:65536/live/stream", `port "65536"`},
	{"rtmp://host:-1/live/stream", `port "-1"`},
	{"rtmp://host:+1/live/stream", `port "+1"`},
	{"rtmp://host:rtmp/live/stream", `port "rtmp"`},
	{"rtmp://::1/live/stream", "brackets"},
	{"rtmp://[::1/live/stream", "no IPv6 address"},
	{"rtmp://[host]/live/stream", "no IPv6 address"},
	{"rtmp://[127.0.0.1]/live/stream", "no IPv6 address"},
	{"rtmp://[fe80::1%]/live/stream", "no IPv6 address"},
	{"rtmp://[fe80::1%25a%zz]/live/stream", "no IPv6 address"},
	{"rtmp://[::1]x/live/stream", "after the IPv6 address"},
	{"rtmp://a%zz/live/stream", "no host"},
	{"rtmp://a%2Fb/live/stream", "no host"},
	{"rtmp://a%00b/live/stream", "no host"},
	{"rtmp://a\\b/live/stream", "cannot contain"},
	{"rtmp://host?a=b/live/stream", "cannot contain"},
	{"rtmp://bob:hunter2@host?a=b/live/stream", "no host behind '@'"},
	{"rtmp://:hunter2@host/live/stream", "no user name"},
	{"rtmp://@host/live/stream", "no user name"},
	{"rtmp://bob:hunter2%@host/live/stream", "%25"},
	{"rtmp://bob:hunter2%0A@host/live/stream", "control character in the user name or the password"},
	{"rtmp://bob:hunter2/x@host/live/stream", "%2F"},
	{"rtmp://bob:hunter2?/x@host/live/stream", "%2F"},
	{"rtmp://host/live/my stream", "byte 19"},
	{"rtmp://host/live/stream\n", "control character"},
	{"rtmp://host/live/" + strings.Repeat("s", maxURLLength), "bytes"},
}

func TestParseBadURL(t *testing.T) {
	for _, c := range badURLs {
		t.Run(c.url[:min(len(c.url), 40)], func(t *testing.T) {
			_, err := parseURL(c.url, "", "")
			require.ErrorIs(t, err, ErrInvalid)
			require.ErrorContains(t, err, c.text)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// FuzzParseURL: whatever the URL, it is refused, or gives what can be dialled and said; what is masked has no key.
func FuzzParseURL(f *testing.F) {
	for _, c := range goodURLs {
		f.Add(c.url)
	}
	for _, c := range badURLs {
		f.Add(c.url)
	}
	f.Add("rtmp://b%40b:s%2Fe%3Ac%25r%3Fe%23t@host/live/s")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseURL(text, "", "")
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			return
		}
		require.NotEmpty(t, got.host)
		require.NotEmpty(t, got.app)
		require.NotEmpty(t, got.stream)
		require.True(t, strings.HasSuffix(text, "/"+got.stream), "verbatim")
		again, err := parseURL(got.tcURL+"/"+got.stream, "", "")
		if !strings.Contains(got.app, "?") {
			require.NoError(t, err)
			require.Equal(t, got.tcURL, again.tcURL)
			require.Equal(t, got.stream, again.stream)
		}
		got.redact(text)
	})
}
