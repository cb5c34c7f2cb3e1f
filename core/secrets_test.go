package core

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

func TestRedact(t *testing.T) {
	const key = "live_12345_AbCdEfGhIj"
	long := strings.Repeat("t0ken", 1000)
	for _, c := range []struct{ url, text, want string }{
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
		to, err := parseURL(c.url, nil, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, to.redact(c.text), "%s: %s", c.url, c.text)
	}
	to, err := parseURL("rtmp://h/live/s", text("app?vhost=v&auth=0123456789"), nil)
	require.NoError(t, err)
	require.Equal(t, "app?vhost=...&auth=... for ... is bad", to.redact("app?vhost=v&auth=0123456789 for v is bad"))
	require.Len(t, to.redact(strings.Repeat("x", 1<<20)), maxServerText)
}

// A stream can be called as the words of this library and of the protocol are: these are shown nevertheless.
func TestOwnWordsAreNotMasked(t *testing.T) {
	to, err := parseURL("rtmp://h/live/Publish", nil, nil)
	require.NoError(t, err)
	err = to.refusal("publish", message.StatusInfo{Code: "NetStream.Publish.BadName", Description: "Publish is taken"})
	require.ErrorContains(t, err, "the server refused publish: NetStream.Publish.BadName: ... is taken")
	require.True(t, nameInUse(err))
	err = to.refusal("publish", message.StatusInfo{Code: "Publish.Bad.Publish"})
	require.ErrorContains(t, err, "the server refused publish: ....Bad....")
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
		to, err := parseURL(c.url, nil, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, to.masked())
	}
}

// forms returns a secret in the forms in which a server may repeat it.
func forms(secret string) map[string]string {
	each := func(f func(c byte) string) string {
		var b strings.Builder
		for i := range len(secret) {
			b.WriteString(f(secret[i]))
		}
		return b.String()
	}
	format := func(how string) func(c byte) string {
		return func(c byte) string { return fmt.Sprintf(how, c) }
	}
	behind := func(what string) func(c byte) string { return func(c byte) string { return string(c) + what } }
	all := map[string]string{
		"as it is":            secret,
		"in upper case":       strings.ToUpper(secret),
		"in lower case":       strings.ToLower(secret),
		"cut off":             secret[:secretWindow],
		"its end":             secret[len(secret)-secretWindow:],
		"in a word":           "x" + secret + "y",
		"percent":             each(format("%%%02X")),
		"percent, lower case": each(format("%%%02x")),
		"percent twice":       each(format("%%25%02x")),
		"path":                url.PathEscape(secret),
		"query":               url.QueryEscape(secret),
		"JSON":                each(format(`\u%04x`)),
		"JSON in JSON":        each(format(`\\u%04X`)),
		"JSON quoted":         strconv.Quote(secret),
		"slashes escaped":     strings.ReplaceAll(secret, "/", `\/`),
		"JavaScript":          each(format(`\x%02x`)),
		"HTML":                html.EscapeString(secret),
		"HTML numbers":        each(format("&#%d;")),
		"HTML hexadecimal":    each(format("&#x%X;")),
		"HTML in HTML":        each(format("&amp;#%d;")),
		"control characters":  each(behind("\x01")),
		"line ends":           each(behind("\r\n")),
		"invalid bytes":       each(behind("\xff\xc3")),
		"invisible":           each(behind("\u200b\u00ad")),
		"percent and control": each(format("\x00%%%02x")),
		"encoded controls":    each(behind("%00%0a")),
	}
	for name, e := range map[string]*base64.Encoding{
		"base64": base64.StdEncoding, "raw base64": base64.RawStdEncoding, "base64 for URLs": base64.URLEncoding, "raw base64 for URLs": base64.RawURLEncoding,
	} {
		all[name] = e.EncodeToString([]byte(secret))
		all[name+" in JSON"] = strings.ReplaceAll(all[name], "/", `\/`)
		all[name+" in a query"] = url.QueryEscape(all[name])
	}
	for i, before := range []string{"u:", "user:", "any:"} {
		all["base64 with a user "+strconv.Itoa(i)] = base64.StdEncoding.EncodeToString([]byte(before + secret))
	}
	return all
}

var (
	percentPattern = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
	jsonPattern    = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)`)
)

// decoders undo the encodings that readers of a log know.
var decoders = []func(string) string{
	html.UnescapeString,
	func(s string) string {
		return percentPattern.ReplaceAllStringFunc(s, func(e string) string {
			n, _ := strconv.ParseUint(e[1:], 16, 8)
			return string([]byte{byte(n)})
		})
	},
	func(s string) string {
		return jsonPattern.ReplaceAllStringFunc(s, func(e string) string {
			if n, err := strconv.ParseUint(e[2:], 16, 32); err == nil && len(e) > 2 {
				return string(rune(n))
			}
			return e[1:]
		})
	},
}

// readings returns a text as it reads with encodings undone, each of them and two after each other.
func readings(text string) []string {
	all := []string{text}
	for range 2 {
		for _, known := range all {
			for _, decode := range decoders {
				all = append(all, decode(known))
			}
		}
	}
	return all
}

// leaked returns what of a secret a text shows, empty if nothing.
func leaked(text, secret string) string {
	visible := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == unicode.ReplacementChar || !unicode.IsGraphic(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	looked := []string{visible(secret)}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		looked = append(looked, visible(e.EncodeToString([]byte(secret))))
	}
	for _, reading := range readings(text) {
		reading = visible(reading)
		for _, s := range looked {
			for i := 0; i+secretWindow <= len(s); i++ {
				if strings.Contains(reading, s[i:i+secretWindow]) {
					return s[i : i+secretWindow]
				}
			}
		}
	}
	return ""
}

func TestRedactForms(t *testing.T) {
	for _, secret := range []string{
		"key_0123456789abcdef", "Sup3r/secret+value==", "p@ss w0rd<&>\"'\\x41", "geheim-öäüß-日本語", "a%2Fb%20c%41defgh", "%25%32%35%41%42%43", "01234567",
	} {
		for name, form := range forms(secret) {
			for where, s := range map[string]secrets{
				"an owner's":  {owner: []string{"other", secret}},
				"a server's":  {servers: []string{secret}},
				"with others": {owner: []string{"key", "=", "0123456"}, servers: []string{secret}},
			} {
				for _, around := range []string{"%s", "no stream '%s' here", `{"key":"%s"}`, "<b>%s</b>", "token=%s&e=1"} {
					got := s.redact(fmt.Sprintf(around, form))
					require.Empty(t, leaked(got, secret), "%s, %s of %s: %s", name, where, secret, got)
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
		for at := maxForeign - 200; at < maxForeign+10; at++ {
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

// What is secret reaches no log, no error and no description, whatever the server repeats, wherever and in whatever form.
func TestSecretsStaySecret(t *testing.T) {
	const (
		password = "hunter2/sesame"
		key      = "key_0123456789abcdef"
		token    = "t0ken-fedcba9876543210"
		place    = "pl4ce+token/AbCdEfGh=="  // of the option tc_url
		next     = "n3xt-token-a1b2c3d4e5f6" // of the address to which the server sends the stream
	)
	all := []string{password, key, token, place, next}
	texts := []string{fmt.Sprintf("rtmp://bob:hunter2%%2Fsesame@h/live/%s?token=%s %s %s?%s %s", key, token, password, key, token, place)}
	for name := range forms(key) {
		text := texts[len(texts)-1]
		if len(texts) == 1 || len(text) > maxForeign/2 {
			text = ""
		} else {
			texts = texts[:len(texts)-1]
		}
		for _, secret := range all {
			text += " '" + forms(secret)[name] + "'"
		}
		texts = append(texts, text)
	}
	for _, c := range []struct {
		name   string
		moves  bool // next becomes known
		server func(*testing.T, *script.Server, string)
	}{
		{"refuses connect", false, func(t *testing.T, s *script.Server, text string) { reject(s.Accept(), text) }},
		{"refuses the password", false, func(t *testing.T, s *script.Server, text string) {
			reject(s.Accept(), needAuth)
			reject(s.Accept(), adobe)
			reject(s.Accept(), wrong+text)
		}},
		{"refuses createStream", false, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.AcceptConnect()
			c.Send(&message.Command{
				Name: "_error", TransactionID: c.Await("createStream").TransactionID,
				Arguments: []amf.Value{script.Info("error", text, text)},
			})
		}},
		{"refuses publish", false, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Refuse(script.Info("error", text, text))
		}},
		{"ends the stream", false, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Accept()
			c.Status(script.Info("error", text, text))
		}},
		{"wants to move the stream to no URL", true, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Accept()
			info := script.Info("status", reconnectRequest, text)
			for _, url := range []string{
				"http://h/" + text + "?token=" + next, "rtmp://[::1/" + text + "?token=" + next, "rtmp:bob:" + next + "@h/" + text,
				"rtmp://h/" + text + "?token=" + next, "rtmp://bob:" + next + "@h/a b",
			} {
				c.Status(append(info, amf.Property{Name: "tcUrl", Value: url}))
			}
			c.Status(script.Info("error", "", text))
		}},
		{"moves the stream, and the next server ends it", true, func(t *testing.T, s *script.Server, text string) {
			c := s.Accept()
			c.Accept()
			info := script.Info("status", reconnectRequest, text)
			c.Status(append(info, amf.Property{Name: "tcUrl", Value: s.URL("live?token=" + next)}))
			c2 := s.Accept()
			c2.Refuse(script.Info("error", "", text))
			c.Status(script.Info("error", "", text))
		}},
		{"hangs up in the handshake", false, func(t *testing.T, s *script.Server, _ string) { s.HangUp() }},
		{"hangs up", false, func(t *testing.T, s *script.Server, _ string) {
			c := s.Accept()
			c.Handshake()
			c.Command("connect")
			c.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			texts := texts
			if strings.HasPrefix(c.name, "hangs up") {
				texts = texts[:1] // it says nothing
			}
			for _, text := range texts {
				s := script.Listen(t)
				log := &lines{}
				p, w := newPublisher(t, "rtmp://h/a/s", "timeout", "1000")
				p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				require.NoError(t, p.SetURL(withUser(s, "bob:hunter2%2Fsesame", "live/"+key+"?token="+token)))
				require.NoError(t, p.SetOption("tc_url", "rtmp://h/live?token="+place))
				require.NoError(t, p.Connect())
				c.server(t, s, text)
				e := w.until(StateError)
				require.Contains(t, p.String(), "/live/...")
				for _, shown := range append(strings.Split(log.String(), "\n"), e.Err.Error(), p.Failure().Error(), p.String()) {
					for _, secret := range append(all, "hunter2%2Fsesame") {
						if secret == next && !c.moves {
							continue
						}
						require.Empty(t, leaked(shown, secret), "%q shows what is in %q", shown, text)
					}
				}
				p.Close()
			}
		})
	}
}

// Neither a certificate nor a name server can show a secret.
func TestSecretsOfCertificatesAndNames(t *testing.T) {
	const key = "key_0123456789abcdef"
	to, err := parseURL("rtmps://h/live/"+key, nil, nil)
	require.NoError(t, err)
	certificate := &x509.Certificate{DNSNames: []string{key + ".example"}, Subject: pkix.Name{CommonName: key}, Issuer: pkix.Name{CommonName: "by " + key}}
	for _, failed := range []error{
		x509.HostnameError{Certificate: certificate, Host: "h"},
		x509.UnknownAuthorityError{Cert: certificate},
		x509.CertificateInvalidError{Cert: certificate, Reason: x509.CANotAuthorizedForThisName, Detail: key},
		&weakKeyError{cert: certificate, bits: 1024},
		errors.New("tls: " + key),
	} {
		require.Empty(t, leaked(tlsFailure(failed, false, to, "h", time.Second).Error(), key))
	}
	resolver := newResolver(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no " + key) })
	o := DefaultOptions()
	to, err = parseURL("rtmp://no.such.host.example/live/"+key, nil, nil)
	require.NoError(t, err)
	_, err = dial(&cancellation{}, resolver, to, &o)
	require.ErrorContains(t, err, "cannot be resolved")
	require.Empty(t, leaked(err.Error(), key))
}

// After a fresh URL neither the secrets of the new one nor those of the old ones are shown.
func TestSecretsOfAllURLsStaySecret(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	log := &lines{}
	p, w := newPublisher(t, "rtmp://h/a/s", "reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "10")
	p.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	secret := func(what string, n uint32) string { return fmt.Sprintf("fresh-%s-%d-0123456789", what, n) }
	var asked atomic.Uint32
	fresh := func() string {
		n := asked.Add(1)
		return s.URL("live/" + secret("key", n) + "?token=" + secret("token", n))
	}
	require.NoError(t, p.SetURL(fresh()))
	p.NotifyURL(func() bool {
		p.SetURL(fresh())
		return false
	})
	require.NoError(t, p.Connect())
	var all []string
	for n := range uint32(4) {
		all = append(all, secret("key", n+1), secret("token", n+1))
		reject(s.Accept(), "as before: "+strings.Join(all, ", "))
		w.until(StateError)
		shown := log.String() + p.Failure().Error() + p.String()
		require.Contains(t, shown, "as before: ..., ...")
		for _, secret := range all {
			require.Empty(t, leaked(shown, secret))
		}
	}
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
		to, err := parseURL("rtmp://h/app/s", nil, &secret)
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
		got := to.redact(b.String())
		for _, s := range append(queryValues(query), name) {
			if len(s) >= secretWindow && !strings.Contains(s, ".") { // a mask has dots
				require.Empty(t, leaked(got, s), "%q of %q in %q of %q", got, s, b.String(), secret)
			}
		}
		require.Empty(t, leaked(to.masked(), name))
	})
}

// writings are the ways in which the fuzz target writes a byte, betweens what it writes behind it.
var (
	writings = []string{"", "%%%02x", "%%%02X", `\u%04x`, `\x%02x`, "&#%d;", "&#x%x;", "%%25%02X", "&amp;#%d;", `\\u%04X`, "%%26%%23%d;"}
	betweens = []string{"", "\x00", "\xff", "\u200b", "\n\t", "%00", `\n`, "&shy;"}
)
