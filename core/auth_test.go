package core

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

const (
	needAuth = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
	adobe    = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=bob&salt=pepper&challenge=dare"
	llnw     = "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=bob&nonce=once"
	wrong    = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=-"
)

// reject refuses `connect`, and returns what it said.
func reject(c *script.Conn, description string) (app, tcURL string) {
	c.Handshake()
	connect := c.Command("connect")
	c.Send(&message.Command{Name: "_error", TransactionID: connect.TransactionID, Object: amf.Null{}, Arguments: []amf.Value{
		script.Info("error", "NetConnection.Connect.Rejected", description)}})
	c.Close()
	return said(connect)
}

func said(connect *message.Command) (app, tcURL string) {
	object := connect.Object.(amf.Object)
	app, _ = object.GetString("app")
	tcURL, _ = object.GetString("tcUrl")
	return app, tcURL
}

func withUser(s *script.Server, user, path string) string {
	return strings.Replace(s.URL(path), "://", "://"+user+"@", 1)
}

// The answers, computed here once more.
func adobeResponse(user, salt, password, challenge, own string) string {
	return md5Base64(md5Base64(user+salt+password) + challenge + own)
}

func TestPasswords(t *testing.T) {
	for _, c := range []struct {
		name         string
		user         string // as in the URL
		first, asked string
		query        string // of the second connection
		response     func(q url.Values) string
	}{
		{"adobe", "bob:secret", needAuth, adobe, "?authmod=adobe&user=bob",
			func(q url.Values) string { return adobeResponse("bob", "pepper", "secret", "dare", q.Get("challenge")) }},
		{"adobe, opaque", "bob:secret", needAuth, adobe + "&opaque=veil==", "?authmod=adobe&user=bob",
			func(q url.Values) string {
				return adobeResponse("bob", "pepper", "secret", "veil==", q.Get("challenge"))
			}},
		{"adobe, in other words", "bob:secret", "code=403 need auth; authmod=adobe",
			"authmod=adobe ?reason=needauth&user=bob&salt=pepper&challenge=dare", "?authmod=adobe&user=bob",
			func(q url.Values) string { return adobeResponse("bob", "pepper", "secret", "dare", q.Get("challenge")) }},
		{"a user with what ends a value", "b%26b:s%2Fe%20t", needAuth, adobe, "?authmod=adobe&user=b%26b",
			func(q url.Values) string { return adobeResponse("b&b", "pepper", "s/e t", "dare", q.Get("challenge")) }},
		{"limelight", "bob:secret", "[ code=403 need auth; authmod=llnw ]", llnw, "?authmod=llnw&user=bob",
			func(q url.Values) string {
				return md5Hex(md5Hex("bob:live:secret") + ":once:00000001:" + q.Get("cnonce") + ":auth:" + md5Hex("publish:/live/_definst_"))
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, withUser(s, c.user, "live/stream"))
			require.NoError(t, p.Connect())
			app, tcURL := reject(s.Accept(), c.first)
			require.Equal(t, []string{"live", s.URL("live")}, []string{app, tcURL})
			app, tcURL = reject(s.Accept(), c.asked)
			require.Equal(t, []string{"live" + c.query, s.URL("live") + c.query}, []string{app, tcURL})
			conn := s.Accept()
			app, tcURL = said(conn.AcceptConnect())
			query := strings.TrimPrefix(app, "live?")
			require.Equal(t, s.URL("live?")+query, tcURL)
			require.True(t, strings.HasPrefix("?"+query, c.query+"&"))
			q, err := url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
			require.NoError(t, err)
			require.Equal(t, c.response(q), q.Get("response"))
			if strings.Contains(c.asked, "opaque") {
				require.True(t, strings.HasSuffix(query, "&opaque=veil=="), "verbatim")
			}
			require.NotContains(t, query, "secret")
			conn.AcceptStream()
			conn.AcceptPublish()
			w.until(StatePublishing)
			go conn.Drain()
			p.Disconnect()
			require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states(), "three connections are one attempt")
		})
	}
	// What FFmpeg and a server of another project agreed upon, read from the wire.
	require.Equal(t, "A+gPz9+2ZANjBQ7JCon/WQ==", adobeResponse("bob", "testsalt", "pw", "testchallenge", "71979007"))
}

func TestPasswordRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		user    string
		answers []string
		text    string
	}{
		{"no password, adobe", "", []string{needAuth}, "put them into the URL, rtmp://user:password@host/..."},
		{"no password, limelight", "", []string{"code=403 need auth; authmod=llnw"}, "put them into the URL"},
		{"wrong password", "bob:nosecret", []string{needAuth, adobe, wrong}, "user name or the password in the URL is wrong"},
		{"wrong password, no words", "bob:nosecret", []string{needAuth, adobe, needAuth}, "user name or the password in the URL is wrong"},
		{"asks again and again", "bob:nosecret", []string{needAuth, adobe, adobe}, "user name or the password in the URL is wrong"},
		{"unknown user", "bob:nosecret", []string{needAuth, "authmod=adobe ?reason=nosuchuser"}, "does not know the user"},
		{"never a challenge", "bob:nosecret", []string{needAuth, needAuth}, "does not say how"},
		{"an empty challenge", "bob:nosecret", []string{needAuth, "authmod=adobe ?reason=needauth&user=bob&salt=x"}, "challenge is missing"},
		{"no nonce", "bob:nosecret", []string{"authmod=llnw ?reason=needauth"}, "challenge is missing"},
		{"something else", "bob:nosecret", []string{"no"}, "check the application"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			address := s.URL("live/stream")
			if c.user != "" {
				address = withUser(s, c.user, "live/stream")
			}
			p, w := newPublisher(t, address, "reconnect", "true")
			require.NoError(t, p.Connect())
			for _, answer := range c.answers {
				reject(s.Accept(), answer)
			}
			e := w.until(StateError)
			require.ErrorIs(t, e.Err, rtmperr.ErrRefused)
			require.ErrorContains(t, e.Err, c.text)
			require.ErrorContains(t, e.Err, "Connect.Rejected")
			require.NotContains(t, e.Err.Error(), "nosecret")
			require.Equal(t, []State{1, 2, 7}, w.states())
			for limit := time.Now().Add(patience); p.Busy(); time.Sleep(time.Millisecond) {
				require.True(t, time.Now().Before(limit), "a URL that is wrong is not tried again")
			}
		})
	}
}

func TestDisconnectBetweenPasswords(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, withUser(s, "bob:secret", "live/stream"))
	require.NoError(t, p.Connect())
	reject(s.Accept(), needAuth)
	s.Accept()
	p.Disconnect()
	require.Equal(t, []State{1, 2, 5, 6}, w.states())
}

// FuzzAuth: whatever a server answers, it takes three connections at most, and no password goes out.
func FuzzAuth(f *testing.F) {
	for _, text := range []string{needAuth, adobe, adobe + "&opaque=x", llnw, wrong, "authmod=llnw authmod=adobe ?reason=needauth&challenge=%"} {
		f.Add(text, adobe)
		f.Add(needAuth, text)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		to, err := endpoint.Parse("rtmp://bob:hunter2hunter2@h/live/s", nil, nil)
		require.NoError(t, err)
		l := login{user: to.User}
		for _, text := range []string{first, second} {
			refused := refusal(to, "connect", message.StatusInfo{Level: "error", Description: text})
			p := plan{login: l}
			failed := stageFailed(stageConnect, refused, refused)
			next, again := p.next(failed)
			if !again {
				require.ErrorIs(t, p.explain(failed), rtmperr.ErrRefused)
				require.NotContains(t, p.explain(failed).Error(), "hunter2hunter2")
				return
			}
			l = next.login
			if !strings.Contains(first+second, "hunter2") {
				require.NotContains(t, l.query(to.App), "hunter2")
			}
		}
		refused := refusal(to, "connect", message.StatusInfo{Level: "error", Description: first})
		_, again := plan{login: l}.next(stageFailed(stageConnect, refused, refused))
		require.False(t, again, "three connections at most")
	})
}
