package endpoint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint/leaktest"
	"luatrtmp/core/rtmperr"
)

func TestRedact(t *testing.T) {
	const key = "live_12345_AbCdEfGhIj"
	long := strings.Repeat("t0ken", 1000)
	for _, c := range []struct{ url, Text, want string }{
		{"rtmp://h/live/" + key, "no stream " + key + " here", "no stream ... here"},
		{"rtmp://h/live/" + key, key, "..."},
		{"rtmp://h/live/" + key, "'" + key + "', x" + key + "y", "'...', x...y"},
		{"rtmp://h/live/" + key, "cut off: " + key[:8], "cut off: ..."},
		{"rtmp://h/live/" + key, "cut off: " + key[:15] + "...", "cut off: ......"},
		{"rtmp://h/live/" + key, "the middle: " + key[5:13], "the middle: ..."},
		{"rtmp://h/live/" + key, "too little: " + key[:7], "too little: " + key[:7]},
		{"rtmp://h/live/" + key, strings.ToUpper(key), "..."},
		{"rtmp://h/live/" + key + "?sign=0123456789abcdef&e=1", "rtmp://h/live/" + key + "?sign=0123456789abcdef&e=1",
			"rtmp://h/live/...?sign=...&e=..."},
		{"rtmp://h/live/" + key + "?sign=0123456789abcdef&e=1", "bad sign 0123456789abcdef at 1, not 12", "bad sign ... at ..., not 12"},
		{"rtmp://h/live/" + key + "?0123456789abcdef", "bad 0123456789abcdef", "bad ..."},
		{"rtmp://h/live/" + key + "?a=1;sign=s3cret", "bad sign s3cret", "bad sign ..."},
		{"rtmp://h/live/a%2Fb%20cdefghijkl", "no a/b cdefghijkl", "no ..."},
		{"rtmp://h/live/a%2Fb%20cdefghijkl", "no a%2fb%20cde", "no ..."},
		{"rtmp://h/live/s?token=" + long, "bad token " + long[:500], "bad token ..."},
		{"rtmp://h/live/s?token=" + long, "bad token " + long, "bad token ..."},
		{"rtmp://h/live/cam", "cam: camera of cameras, Cam", "...: camera of cameras, ..."},
		{"rtmp://h/live/s", "NetStream is s", "NetStream is ..."},
		{"rtmp://h/live/s", "", ""},
		{"rtmp://h/live/s", "not \x1b[31m here\r\n", "not  [31m here  "},
		{"rtmp://h/cam", "path 'cam' is not configured", "path '...' is not configured"},
		{"rtmp://h/live-bvc/?streamname=live_123&key=0123456789abcdef", "live-bvc: key 0123456789abcdef of live_123", "live-bvc: key ... of ..."},
		{"rtmp://h/live2?backup=1/" + key, "live2: " + key + ", backup 1", "live2: ..., backup ..."},
		{"rtmp://bob:pa%20ss%2Fword@h/live/s", "pa ss/word, pa%20ss%2Fword, bob", "..., ..., bob"},
		{"rtmp://bob:hunter2@h/live/s", "rtmp://bob:hunter2@h/live", "rtmp://bob:...@h/live"},
		{"rtmp://bob:hunter2@h/live/s", "rtmp://bob:%68unter2@h/live", "rtmp://bob:...@h/live"},
		{"rtmp://bob:hunter2@h/live/s", "%" + strings.Repeat("25", 100) + "68unter2", "..."},
	} {
		to, err := Parse(c.url, nil, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, to.Redact(c.Text), "%s: %s", c.url, c.Text)
	}
	to, err := Parse("rtmp://h/live/s", Text("app?vhost=v&auth=0123456789"), nil)
	require.NoError(t, err)
	require.Equal(t, "app?vhost=...&auth=... for ... is bad", to.Redact("app?vhost=v&auth=0123456789 for v is bad"))
	require.Len(t, to.Redact(strings.Repeat("x", 1<<20)), rtmperr.MaxServerText)
}

func TestMasked(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"rtmp://bob:hunter2@h/live/s3cret", "rtmp://h/live/..."},
		{"rtmps://h:444/live/eu/s3cret?token=x", "rtmps://h:444/live/eu/..."},
		{"rtmp://h/cam", "rtmp://h/..."},
		{"rtmp://h/cam?pass=s3cret", "rtmp://h/cam/..."},
		{"rtmp://h/live2?backup=1/s3cret", "rtmp://h/live2?.../..."},
		{"rtmp://h/live/live", "rtmp://h/.../..."},
		{"rtmp://h/x0123456789/0123456789", "rtmp://h/x.../..."},
	} {
		to, err := Parse(c.url, nil, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, to.Masked())
	}
}

func TestRedactForms(t *testing.T) {
	for _, secret := range []string{
		"key_0123456789abcdef", "Sup3r/secret+value==", "p@ss w0rd<&>\"'\\x41", "geheim-öäüß-日本語", "a%2Fb%20c%41defgh", "%25%32%35%41%42%43", "01234567",
	} {
		for name, form := range leaktest.Forms(secret) {
			for where, s := range map[string]secrets{
				"an owner's":  {owner: []string{"other", secret}},
				"a server's":  {servers: []string{secret}},
				"with others": {owner: []string{"key", "=", "0123456"}, servers: []string{secret}},
			} {
				for _, around := range []string{"%s", "no stream '%s' here", `{"key":"%s"}`, "<b>%s</b>", "token=%s&e=1"} {
					got := s.redact(fmt.Sprintf(around, form))
					require.Empty(t, leaktest.Leaked(got, secret), "%s, %s of %s: %s", name, where, secret, got)
					require.Contains(t, got, mask, "%s of %s", name, secret)
				}
			}
		}
	}
}

// A text that is too long is cut so that nothing of a secret at the cut is shown.
func TestRedactCuts(t *testing.T) {
	s := secrets{owner: []string{"hunter2", "key_0123456789abcdef"}}
	for _, secret := range s.owner {
		for at := MaxForeign - 200; at < MaxForeign+10; at++ {
			// The mask makes room, so that what stands at the cut would be shown.
			text := strings.Repeat("key_0123456789abcdef", at/20) + " "
			text += strings.Repeat("\x00", max(at-len(text)-1, 0)) + " " + strings.Repeat(secret+" ", 20)
			got := s.redact(text)
			require.NotContains(t, got, secret[:4], at)
		}
	}
}

func TestSecretsAreRemembered(t *testing.T) {
	const size = 100
	numbered := func(what string, n int) string { return fmt.Sprintf("%s %*d", what, size-len(what)-1, n) }
	var s secrets
	for i := range 1000 {
		s = s.and(secrets{owner: []string{numbered("secret", i)}})
	}
	require.Len(t, s.owner, maxOwnerSecrets/size)
	require.Equal(t, numbered("secret", 999), s.owner[len(s.owner)-1])

	before := s.owner
	for i := range 1000 {
		s = s.and(secrets{servers: []string{numbered("server", i)}})
	}
	require.Equal(t, before, s.owner)
	require.Len(t, s.servers, maxServerSecrets/size)

	huge := strings.Repeat("x", maxOwnerSecrets)
	s = s.and(secrets{owner: []string{huge, "one more"}})
	require.Equal(t, []string{huge, "one more"}, s.owner)
	s = s.and(secrets{servers: []string{"one more"}})
	require.Equal(t, []string{huge, "one more"}, s.owner)
	s = s.and(secrets{owner: []string{"one more", "and another"}})
	require.Equal(t, []string{"one more", "and another"}, s.owner)
}

// What a server writes in whatever encodings must not show a secret. choices says how each byte of the secret is written, and
// what stands between them.
func FuzzRedact(f *testing.F) {
	f.Add("key_0123456789abcdef", []byte{0}, "no stream ", " here")
	f.Add("hunter2/sesame", []byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, "%", "%25")
	f.Add("a%2Fb%20c%41defgh", []byte{1, 10, 20, 30}, "&", ";")
	f.Add("Sup3r+secret==", []byte{5, 5, 5, 12, 200}, `\`, `\\`)
	f.Add("41414141bcdef", []byte{1, 1, 1, 1, 0}, "%", "")
	f.Add("ngheim-öäüß-日本", []byte{3, 4, 40, 41}, `\`, "\xff")
	f.Fuzz(func(t *testing.T, secret string, choices []byte, before, after string) {
		to, err := Parse("rtmp://h/app/s", nil, &secret)
		if err != nil || len(secret) > 200 || len(choices) > 200 {
			return
		}
		name, query, _ := strings.Cut(secret, "?")
		var b strings.Builder
		b.WriteString(before)
		for i := range len(secret) {
			choice := 0
			if len(choices) > 0 {
				choice = int(choices[i%len(choices)])
			}
			if how := writings[choice%len(writings)]; how == "" {
				b.WriteByte(secret[i])
			} else {
				fmt.Fprintf(&b, how, secret[i])
			}
			b.WriteString(betweens[choice/len(writings)%len(betweens)])
		}
		b.WriteString(after)
		got := to.Redact(b.String())
		for _, s := range append(queryValues(query), name) {
			if len(s) >= secretWindow && !strings.Contains(s, ".") { // a mask has dots
				require.Empty(t, leaktest.Leaked(got, s), "%q of %q in %q of %q", got, s, b.String(), secret)
			}
		}
		require.Empty(t, leaktest.Leaked(to.Masked(), name))
	})
}

// writings are the ways in which the fuzz target writes a byte, betweens what it writes behind it.
var (
	writings = []string{"", "%%%02x", "%%%02X", `\u%04x`, `\x%02x`, "&#%d;", "&#x%x;", "%%25%02X", "&amp;#%d;", `\\u%04X`, "%%26%%23%d;"}
	betweens = []string{"", "\x00", "\xff", "\u200b", "\n\t", "%00", `\n`, "&shy;"}
)
