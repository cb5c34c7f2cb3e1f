package endpoint

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
)

// goodURLs serve TestParseURL and the seeds of FuzzParseURL. place and app make the tcUrl.
var goodURLs = []struct {
	url                                 string
	app, stream                         *string // the options; nil: not given
	address, place, wantApp, wantStream string
}{
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

	{url: "rtmp://h/live/s", app: Text("x?vhost=v"), address: "h:1935", place: "rtmp://h/", wantApp: "x?vhost=v", wantStream: "s"},
	{url: "rtmp://h/live/s", stream: Text("a/b?c"), address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "a/b?c"},
	{url: "rtmp://h/s", app: Text("live"), address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "s"},
	{url: "rtmp://h", app: Text("live"), stream: Text("s"), address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "s"},
	{url: "rtmps://h:443", app: Text("a/b"), stream: Text("s?t"), address: "h:443", place: "rtmps://h/", wantApp: "a/b", wantStream: "s?t"},
	{url: "rtmp://h/a/b?q", app: Text("x"), stream: Text("y"), address: "h:1935", place: "rtmp://h/", wantApp: "x", wantStream: "y"},
	// One segment.
	{url: "rtmp://h/cam", address: "h:1935", place: "rtmp://h/", wantApp: "cam", wantStream: ""},
	{url: "rtmp://h/cam/", address: "h:1935", place: "rtmp://h/", wantApp: "cam", wantStream: ""},
	{url: "rtmp://h/cam?user=u&pass=p", address: "h:1935", place: "rtmp://h/", wantApp: "cam", wantStream: "?user=u&pass=p"},
	{url: "rtmp://h/live2", stream: Text("KEY?x=1"), address: "h:1935", place: "rtmp://h/", wantApp: "live2", wantStream: "KEY?x=1"},
	{url: "rtmp://h/live2?backup=1", stream: Text("KEY"), address: "h:1935", place: "rtmp://h/", wantApp: "live2?backup=1", wantStream: "KEY"},
	{url: "rtmp://h/live2/", stream: Text("KEY"), address: "h:1935", place: "rtmp://h/", wantApp: "live2", wantStream: "KEY"},
	{url: "rtmp://h/KEY?x=1/2", app: Text("live"), address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "KEY?x=1/2"},
	// Bilibili: a stream that is only a query.
	{url: "rtmp://h/live-bvc/?streamname=S&key=K", address: "h:1935", place: "rtmp://h/", wantApp: "live-bvc", wantStream: "?streamname=S&key=K"},
	{url: "rtmp://h/live-bvc/?streamname=S&key=a/b", address: "h:1935", place: "rtmp://h/", wantApp: "live-bvc", wantStream: "?streamname=S&key=a/b"},
	// YouTube's second address and SRS's virtual hosts: a query in the application.
	{url: "rtmp://h/live2?backup=1/KEY", address: "h:1935", place: "rtmp://h/", wantApp: "live2?backup=1", wantStream: "KEY"},
	{url: "rtmp://h/live?vhost=v/KEY", address: "h:1935", place: "rtmp://h/", wantApp: "live?vhost=v", wantStream: "KEY"},
	{url: "rtmp://h/live?vhost=v&x=a/b/KEY", address: "h:1935", place: "rtmp://h/", wantApp: "live?vhost=v&x=a/b", wantStream: "KEY"},
	{url: "rtmp://h/live?vhost=v/", address: "h:1935", place: "rtmp://h/", wantApp: "live?vhost=v", wantStream: ""},
	{url: "rtmp://h/cam?sig=ab/cd==", address: "h:1935", place: "rtmp://h/", wantApp: "cam", wantStream: "?sig=ab/cd=="},
	{url: "rtmp://h/cam?path=/x&sig=ab", address: "h:1935", place: "rtmp://h/", wantApp: "cam", wantStream: "?path=/x&sig=ab"},
	// With two segments the query belongs to the stream whatever it holds.
	{url: "rtmp://h/live/KEY?sig=ab/cd", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "KEY?sig=ab/cd"},
	{url: "rtmp://h/live/KEY?vhost=v/x", address: "h:1935", place: "rtmp://h/", wantApp: "live", wantStream: "KEY?vhost=v/x"},
	// Options that are empty texts.
	{url: "rtmp://h", app: Text(""), stream: Text("s"), address: "h:1935", place: "rtmp://h/", wantApp: "", wantStream: "s"},
	{url: "rtmp://h/s", app: Text(""), address: "h:1935", place: "rtmp://h/", wantApp: "", wantStream: "s"},
	{url: "rtmp://h/a/s", app: Text(""), stream: Text(""), address: "h:1935", place: "rtmp://h/", wantApp: "", wantStream: ""},
	{url: "rtmp://h/a/s", stream: Text(""), address: "h:1935", place: "rtmp://h/", wantApp: "a", wantStream: ""},
	{url: "rtmp://h/", app: Text("a"), address: "h:1935", place: "rtmp://h/", wantApp: "a", wantStream: ""},
}

// Text returns an option that is given.
func Text(s string) *string { return &s }

func TestParseURL(t *testing.T) {
	for _, c := range goodURLs {
		t.Run(c.url, func(t *testing.T) {
			got, err := Parse(c.url, c.app, c.stream)
			require.NoError(t, err)
			require.Equal(t, []string{c.address, c.place, c.place + c.wantApp, c.wantApp, c.wantStream},
				[]string{got.Address, got.place(), got.TCURL, got.App, got.Stream})
			require.Equal(t, strings.HasPrefix(strings.ToLower(c.url), "rtmps"), got.Scheme == "rtmps")
			require.Nil(t, got.User)
			if c.wantStream != "" {
				require.NotContains(t, got.Masked(), c.wantStream+"?")
			}
		})
	}
	long := strings.Repeat("t", 8<<10)
	got, err := Parse("rtmp://h/live/s?token="+long, nil, nil)
	require.NoError(t, err)
	require.Equal(t, "s?token="+long, got.Stream, "tokens are not cut")
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
			got, err := Parse(c.url, nil, nil)
			require.NoError(t, err)
			require.Equal(t, &Credentials{c.user, c.password}, got.User)
			require.Equal(t, c.address, got.Address)
			for _, text := range []string{got.TCURL, got.Masked(), got.authority, got.place()} {
				require.NotContains(t, text, "@")
				require.NotContains(t, text, "bob")
			}
		})
	}
}

// badURLs serve TestParseBadURL and the seeds of FuzzParseURL.
var badURLs = []struct{ url, Text string }{
	{"", "no scheme"},
	{"host/live/stream", "no scheme"},
	{"hunter2@host/x?y=http://z", "no scheme"},
	{"http://host/live/stream", "the scheme http:// is not RTMP"},
	{"://host/live/stream", "neither rtmp:// nor rtmps://"},
	{"srt://host:9000", "the scheme srt:// is not RTMP"},
	{"RTMPT://host/live/stream", "rtmpt:// is not supported"},
	{"rtmpe://host/live/stream", "rtmpe:// is not supported; use rtmp:// or, encrypted, rtmps://"},
	{"rtmp:/host/live/stream", "no scheme"},
	{"rtmp://host", "application missing"},
	{"rtmp://host/", "application missing"},
	{"rtmp://host//stream", "application missing"},
	{"rtmp://host/?key=hunter2", "application missing"},
	{"rtmp:///live/stream", "no host"},
	{"rtmp://:1935/live/stream", "no host"},
	{"rtmp://bob:hunter2@/live/stream", "no host"},
	{"rtmp://host:/live/stream", "colon without a port"},
	{"rtmp://[::1]:/live/stream", "colon without a port"},
	{"rtmp://host:0/live/stream", "the port is not a number from 1 to 65535"},
	{"rtmp://host:65536/live/stream", "the port is not a number from 1 to 65535"},
	{"rtmp://host:-1/live/stream", "the port is not a number from 1 to 65535"},
	{"rtmp://host:+1/live/stream", "the port is not a number from 1 to 65535"},
	{"rtmp://host:rtmp/live/stream", "the port is not a number from 1 to 65535"},
	{"rtmp://::1/live/stream", "needs brackets, as in [::1]"},
	{"rtmp://[::1/live/stream", "no IPv6 address"},
	{"rtmp://[host]/live/stream", "no IPv6 address"},
	{"rtmp://[127.0.0.1]/live/stream", "no IPv6 address"},
	{"rtmp://[fe80::1%]/live/stream", "no IPv6 address"},
	{"rtmp://[fe80::1%25a%zz]/live/stream", "no IPv6 address"},
	{"rtmp://[::1]x/live/stream", "something other than a port after the IPv6 address"},
	{"rtmp://a%zz/live/stream", "wrong percent-encoding"},
	{"rtmp://a%2Fb/live/stream", "characters that no host has"},
	{"rtmp://a%00b/live/stream", "characters that no host has"},
	{"rtmp://a\\b/live/stream", "cannot contain"},
	{"rtmp://host?a=b/live/stream", "cannot contain"},
	{"rtmp://bob:hunter2@host?a=b/live/stream", "no host behind '@'"},
	{"rtmp://:hunter2@host/live/stream", "no user name"},
	{"rtmp://@host/live/stream", "no user name"},
	{"rtmp://bob:hunter2%@host/live/stream", "%25"},
	{"rtmp://bob:hunter2%0A@host/live/stream", "control character in the user name or the password"},
	{"rtmp://bob:hunter2/x@host/live/stream", "%2F"},
	{"rtmp://bob:hunter2?/x@host/live/stream", "%2F"},
	{"hunter2://host/live/stream", "neither rtmp:// nor rtmps://"},
	{"rtmp://bob:hunter2/live/stream", "the port is not a number"},
	{"rtmp://hunter2:/live/stream", "colon without a port"},
	{"rtmp://bob:hunter2:host/live/stream", "more than one colon"},
	{"rtmp://[hunter2]/live/stream", "no IPv6 address"},
	{"rtmp://[::1]hunter2/live/stream", "after the IPv6 address"},
	{"rtmp://hunter2%zz/live/stream", "wrong percent-encoding"},
	{"rtmp://hunter2\"host/live/stream", "characters that no host has"},
	{"rtmp://hunter2#host/live/stream", "cannot contain"},
	{"rtmp://host/live/my stream", "byte 19"},
	{"rtmp://host/live/stream\n", "control character"},
	{"rtmp://host/live/" + strings.Repeat("s", maxURLLength), "bytes"},
}

func TestParseBadURL(t *testing.T) {
	for _, c := range badURLs {
		t.Run(c.url[:min(len(c.url), 40)], func(t *testing.T) {
			_, err := Parse(c.url, nil, nil)
			require.ErrorIs(t, err, rtmperr.ErrInvalid)
			require.ErrorContains(t, err, c.Text)
			require.ErrorContains(t, err, "the options app and stream")
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
		got, err := Parse(text, nil, nil)
		if err != nil {
			require.ErrorIs(t, err, rtmperr.ErrInvalid)
			return
		}
		require.NotEmpty(t, got.Host)
		require.NotEmpty(t, got.App)
		require.True(t, strings.HasSuffix(text, got.Stream), "verbatim")
		again, err := Parse(got.TCURL+"/"+got.Stream, nil, nil)
		if !strings.Contains(got.App, "?") {
			require.NoError(t, err)
			require.Equal(t, got.TCURL, again.TCURL)
			require.Equal(t, got.Stream, again.Stream)
		}
		got.Redact(text)
	})
}
