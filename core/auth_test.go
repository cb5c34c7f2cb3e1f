package core

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"luatrtmp/core/client"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/coretest"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
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

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func md5Base64(s string) string {
	sum := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func adobeResponse(user, salt, password, challenge, own string) string {
	return client.Md5Base64(client.Md5Base64(user+salt+password) + challenge + own)
}

func TestPasswords(t *testing.T) {
	for _, c := range []struct {
		name         string
		user         string // as in the URL
		first, asked string
		query        string // of the second connection
		response     func(q url.Values) string
	}{
		{"adobe", "bob:secret", coretest.AuthNeeded, coretest.AuthAdobe, "?authmod=adobe&user=bob",
			func(q url.Values) string { return adobeResponse("bob", "pepper", "secret", "dare", q.Get("challenge")) }},
		{"adobe, opaque", "bob:secret", coretest.AuthNeeded, coretest.AuthAdobe + "&opaque=veil==", "?authmod=adobe&user=bob",
			func(q url.Values) string {
				return adobeResponse("bob", "pepper", "secret", "veil==", q.Get("challenge"))
			}},
		{"adobe, in other words", "bob:secret", "code=403 need auth; authmod=adobe",
			"authmod=adobe ?reason=needauth&user=bob&salt=pepper&challenge=dare", "?authmod=adobe&user=bob",
			func(q url.Values) string { return adobeResponse("bob", "pepper", "secret", "dare", q.Get("challenge")) }},
		{"a user with what ends a value", "b%26b:s%2Fe%20t", coretest.AuthNeeded, coretest.AuthAdobe, "?authmod=adobe&user=b%26b",
			func(q url.Values) string { return adobeResponse("b&b", "pepper", "s/e t", "dare", q.Get("challenge")) }},
		{"limelight", "bob:secret", "[ code=403 need auth; authmod=llnw ]", coretest.AuthLimelight, "?authmod=llnw&user=bob",
			func(q url.Values) string {
				return client.Md5Hex(client.Md5Hex("bob:live:secret") + ":once:00000001:" + q.Get("cnonce") + ":auth:" + client.Md5Hex("publish:/live/_definst_"))
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
		{"no password, adobe", "", []string{coretest.AuthNeeded}, "put them into the URL, rtmp://user:password@host/..."},
		{"no password, limelight", "", []string{"code=403 need auth; authmod=llnw"}, "put them into the URL"},
		{"wrong password", "bob:nosecret", []string{coretest.AuthNeeded, coretest.AuthAdobe, coretest.AuthWrong}, "user name or the password in the URL is wrong"},
		{"wrong password, no words", "bob:nosecret", []string{coretest.AuthNeeded, coretest.AuthAdobe, coretest.AuthNeeded}, "user name or the password in the URL is wrong"},
		{"asks again and again", "bob:nosecret", []string{coretest.AuthNeeded, coretest.AuthAdobe, coretest.AuthAdobe}, "user name or the password in the URL is wrong"},
		{"unknown user", "bob:nosecret", []string{coretest.AuthNeeded, "authmod=adobe ?reason=nosuchuser"}, "does not know the user"},
		{"never a challenge", "bob:nosecret", []string{coretest.AuthNeeded, coretest.AuthNeeded}, "does not say how"},
		{"an empty challenge", "bob:nosecret", []string{coretest.AuthNeeded, "authmod=adobe ?reason=needauth&user=bob&salt=x"}, "challenge is missing"},
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
	reject(s.Accept(), coretest.AuthNeeded)
	s.Accept()
	p.Disconnect()
	require.Equal(t, []State{1, 2, 5, 6}, w.states())
}
