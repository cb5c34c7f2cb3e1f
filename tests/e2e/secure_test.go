package e2e_test

import (
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/handshake"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
	rtmpscript "luatrtmp/tests/script"
)

// Over TLS every frame arrives as over TCP; a server that cannot prove who it is gets none.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	a := rtmpscript.NewAuthority(t)
	certificate, key := a.Pair("localhost")
	receiver := peers.StartReceiver(t, "-cert", certificate, "-key", key)
	_, port, err := net.SplitHostPort(receiver.Addr)
	require.NoError(t, err)

	run := start(t, "publish.lua", "rtmps://localhost:"+port+"/live/secure", "tls_ca="+a.File(), "source="+media.FLV(t))
	run.wait()
	run.requirePublished("1")
	media.Compare(t, frames(t, media.FLV(t)), frames(t, receiver.Recording("secure")), media.Options{CodedVideo: true})

	refused := start(t, "publish.lua", "rtmps://127.0.0.1:"+port+"/live/refused", "tls_ca="+a.File())
	why := refused.waitState("1", failed, 1)
	require.Equal(t, errConnectFailed, why.code)
	require.Contains(t, why.message, `not for "127.0.0.1" but for localhost`)
}

// The servers that have TLS, and one with stunnel in front of it, in both versions of TLS.
func TestOverTLSToPeers(t *testing.T) {
	t.Parallel()
	a := rtmpscript.NewAuthority(t)
	certificate, key := a.Pair("localhost")
	nms, nginx := peers.StartNodeMediaServerTLS(t, certificate, key), peers.StartNginx(t)
	for _, c := range []struct {
		stream, addr string
		recorder     *peers.Server
	}{
		{"own", nms.TLSAddr, nms},
		{"stunnel12", peers.StartStunnel(t, nginx, certificate, key, "TLSv1.2").Addr, nginx},
		{"stunnel13", peers.StartStunnel(t, nginx, certificate, key, "TLSv1.3").Addr, nginx},
	} {
		t.Run(c.recorder.Name+" "+c.stream, func(t *testing.T) {
			t.Parallel()
			_, port, err := net.SplitHostPort(c.addr)
			require.NoError(t, err)
			run := start(t, "publish.lua", "rtmps://localhost:"+port+"/live/"+c.stream, "tls_ca="+a.File(), "source="+media.FLV(t))
			run.wait()
			run.requirePublished("1")
			media.Compare(t, frames(t, media.FLV(t)), frames(t, c.recorder.For(t).Recording(c.stream)), media.Options{CodedVideo: true})

			refused := start(t, "publish.lua", "rtmps://localhost:"+port+"/live/refused", "timeout=5000")
			require.Contains(t, refused.waitState("1", failed, 1).message, "certificate")
		})
	}
}

// gortmplib asks for a password and judges the answer.
func TestPassword(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t, "-user", "bob", "-pass", "s3s@me/")
	at := func(user, app string) string {
		return strings.Replace(receiver.URL(app, "x"), "://", "://"+user, 1)
	}
	for _, app := range []string{"live", "a/b/c"} {
		start(t, "publish.lua", at("bob:s3s%40me%2F@", app)).waitState("1", publishing, 1)
	}
	for user, part := range map[string]string{
		"":              "put them into the URL",
		"bob:hunter22@": "the user name or the password in the URL is wrong",
		"eve:s3s%40me@": "the user name or the password in the URL is wrong",
	} {
		run := start(t, "publish.lua", at(user, "live"))
		why := run.waitState("1", failed, 1)
		require.Equal(t, errFailed, why.code)
		require.Contains(t, why.message, part)
		require.NotContains(t, why.message, "hunter22")
		require.Equal(t, afterConnect, run.sequence("1"))
	}
}

// Servers that know digests take ours, in both schemes, and prove their own.
func TestDigestHandshake(t *testing.T) {
	t.Parallel()
	for _, s := range []*peers.Server{peers.StartNginx(t), peers.StartNodeMediaServer(t), peers.StartReceiver(t)} {
		for _, scheme := range []handshake.Scheme{handshake.DigestFirst, handshake.DigestSecond} {
			conn, err := net.Dial("tcp", s.Addr)
			require.NoError(t, err)
			require.NoError(t, conn.SetDeadline(time.Now().Add(stateTimeout)))
			genuine, err := handshake.ClientDigest(conn, rand.Reader, scheme)
			require.NoError(t, err, s.Name)
			require.True(t, genuine, "%s, scheme %d", s.Name, scheme)
			conn.Close()
		}
	}
}
