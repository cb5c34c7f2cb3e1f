package core

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
	"luatrtmp/tests/script"
)

// secureServer accepts and agrees on encryption, or fails to, until the test ends.
func secureServer(t *testing.T, config *tls.Config) (address string, names <-chan string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	asked := make(chan string, 16)
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		asked <- hello.ServerName
		return nil, nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(patience))
			secure := tls.Server(conn, config)
			io.Copy(io.Discard, secure)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return listener.Addr().String(), asked
}

func TestPublishOverTLS(t *testing.T) {
	noLeak(t)
	a := script.NewAuthority(t)
	s := script.ListenTLS(t, a.For("127.0.0.1"))
	p, w := newPublisher(t, s.URL("live/stream"), "tls_ca", a.File())
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.Accept()
	w.until(StatePublishing)
	require.NoError(t, p.SendVideo(keyFrame, 0, 0))
	_, _, ok := nextVideo(t, c)
	require.True(t, ok)
	require.True(t, p.Info().RTTKnown)
	require.Positive(t, p.Info().RTT, "measured on the TCP connection below")
	ended := make(chan []script.Received, 1)
	go func() { ended <- c.End() }()
	p.Disconnect()
	require.NotEmpty(t, <-ended, "the goodbye came, and then a close_notify: End takes no other end")
	require.Equal(t, []State{1, 2, 3, 4, 5, 6}, w.states())
}

// What is wrong with a server's certificate, in words.
func TestCertificateRefused(t *testing.T) {
	a, other, weak := script.NewAuthority(t), script.NewAuthority(t), script.NewRSAAuthority(t, 1024)
	now := time.Now()
	for _, c := range []struct {
		name    string
		config  *tls.Config
		options []string
		text    []string
	}{
		{"expired", a.Between("127.0.0.1", now.Add(-48*time.Hour), now.Add(-24*time.Hour)), []string{"tls_ca", a.File()},
			[]string{"is valid from", now.Add(-24 * time.Hour).UTC().Format("2006-01-02"), "clock", "renew"}},
		{"not yet valid", a.Between("127.0.0.1", now.Add(24*time.Hour), now.Add(48*time.Hour)), []string{"tls_ca", a.File()},
			[]string{"is valid from", "set the clock"}},
		{"wrong name", a.For("other.example"), []string{"tls_ca", a.File()},
			[]string{`not for "127.0.0.1" but for other.example`, "tls_server_name"}},
		{"wrong server_name", a.For("127.0.0.1"), []string{"tls_ca", a.File(), "tls_server_name", "other.example"},
			[]string{`not for "other.example" but for 127.0.0.1`}},
		{"self-signed", script.SelfSigned(t, "127.0.0.1"), []string{"tls_ca", a.File()}, []string{"signed by itself", "tls_ca"}},
		{"an RSA key of 1024 bits", a.RSA("127.0.0.1", 1024), []string{"tls_ca", a.File()},
			[]string{"RSA key of 1024 bits, at least 2048", "renewed"}},
		{"an authority with an RSA key of 1024 bits", weak.For("127.0.0.1"), []string{"tls_ca", weak.File()},
			[]string{"RSA key of 1024 bits, at least 2048", "CN=Authority of a test", "vouches"}},
		{"another authority", other.For("127.0.0.1"), []string{"tls_ca", a.File()}, []string{"signed by CN=Authority of a test", "tls_ca"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			address, _ := secureServer(t, c.config)
			p, w := newPublisher(t, "rtmps://"+address+"/live/stream", c.options...)
			require.NoError(t, p.Connect())
			e := w.until(StateError)
			require.ErrorIs(t, e.Err, rtmperr.ErrConnect)
			for _, text := range append(c.text, "certificate", address) {
				require.ErrorContains(t, e.Err, text)
			}
			require.Equal(t, []State{1, 7}, w.states())
		})
	}
}

// An RSA key of 2048 bits is enough, of a server and of an authority.
func TestRSACertificate(t *testing.T) {
	noLeak(t)
	a := script.NewRSAAuthority(t, 2048)
	s := script.ListenTLS(t, a.RSA("127.0.0.1", 2048))
	p, w := newPublisher(t, s.URL("live/stream"), "tls_ca", a.File())
	require.NoError(t, p.Connect())
	s.Accept().Accept()
	w.until(StatePublishing)
}

// The alerts with which a server ends TLS are told in their own words, whenever they come.
func TestTLSAlerts(t *testing.T) {
	base := func(change func(*tls.Config)) *tls.Config {
		config := script.SelfSigned(t, "127.0.0.1")
		change(config)
		return config
	}
	for _, c := range []struct {
		name   string
		config *tls.Config
		kind   error
		text   []string
	}{
		{"old versions only", base(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }),
			rtmperr.ErrConnect, []string{"alert: protocol version not supported", "TLS 1.2"}},
		{"no cipher suite in common", base(func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
		}), rtmperr.ErrConnect, []string{"alert: handshake failure", "in common"}},
		{"a client certificate is wanted, TLS 1.2", base(func(c *tls.Config) {
			c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert
		}), rtmperr.ErrConnect, []string{"alert: ", "client certificate"}},
		{"a client certificate is wanted, TLS 1.3", base(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }),
			rtmperr.ErrNetwork, []string{"alert: certificate required", "client certificate"}},
		{"any other", base(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("no") }
		}), rtmperr.ErrConnect, []string{"alert: internal error"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			stop := s.Serve(func(conn *script.Conn) {
				tls.Server(conn.TCPConn, c.config).Handshake()
				conn.CloseWrite()
				io.Copy(io.Discard, conn.TCPConn)
			})
			p, w := newPublisher(t, "rtmps://"+s.Address()+"/live/stream", "tls_insecure", "true")
			require.NoError(t, p.Connect())
			err := w.until(StateError).Err
			require.ErrorIs(t, err, c.kind)
			for _, text := range c.text {
				require.ErrorContains(t, err, text)
			}
			stop()
		})
	}
}

func TestServerName(t *testing.T) {
	a := script.NewAuthority(t)
	for _, c := range []struct{ host, certificate, option, sni string }{
		{"127.0.0.1", "127.0.0.1", "", ""}, // no SNI for an address: RFC 6066, 3
		{"127.0.0.1", "cdn.example", "cdn.example", "cdn.example"},
		{"localhost", "localhost", "", "localhost"},
		{"LOCALHOST", "localhost", "", "LOCALHOST"},
	} {
		address, asked := secureServer(t, a.For(c.certificate))
		_, port, _ := net.SplitHostPort(address)
		options := []string{"tls_ca", a.File(), "timeout", "300"}
		if c.option != "" {
			options = append(options, "tls_server_name", c.option)
		}
		p, w := newPublisher(t, "rtmps://"+net.JoinHostPort(c.host, port)+"/live/stream", options...)
		require.NoError(t, p.Connect())
		w.until(StateHandshaking)
		require.True(t, strings.EqualFold(c.sni, <-asked))
		p.Close()
	}
}

func TestInsecureIsLogged(t *testing.T) {
	s := script.ListenTLS(t, script.SelfSigned(t, "other.example"))
	log := &lines{}
	p, _ := newPublisher(t, s.URL("live/stream"), "tls_insecure", "true")
	p.log = slog.New(slog.NewTextHandler(log, nil))
	require.NoError(t, p.Connect())
	s.Accept().Accept()
	require.Contains(t, log.String(), "not verified")
}

func TestTLSMisunderstandings(t *testing.T) {
	config := script.SelfSigned(t, "127.0.0.1")
	old := config.Clone()
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	for _, c := range []struct {
		name   string
		server func(*script.Conn)
		kind   error
		text   string
	}{
		{"a server of text", func(c *script.Conn) { c.TCPConn.Write([]byte("220 mail.example ESMTP\r\n")) }, rtmperr.ErrConnect, "is it an rtmp:// port"},
		{"an RTMP server", func(c *script.Conn) { c.TCPConn.Write(make([]byte, 1537)) }, rtmperr.ErrConnect, "is it an rtmp:// port"},
		{"a server that closes", func(c *script.Conn) { c.CloseWrite() }, rtmperr.ErrConnect, "is it an rtmps:// port"},
		{"a server that resets", func(c *script.Conn) { c.TCPConn.Read(make([]byte, 1)); c.Reset() }, rtmperr.ErrConnect, "is it an rtmps:// port"},
		{"a silent server", func(*script.Conn) {}, rtmperr.ErrTimeout, "is it an rtmps:// port"},
		{"old versions only", func(c *script.Conn) { tls.Server(c.TCPConn, old).Handshake() }, rtmperr.ErrConnect, "protocol version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeak(t)
			s := script.Listen(t)
			p, w := newPublisher(t, "rtmps://"+s.Address()+"/live/stream", "tls_insecure", "true", "timeout", "300")
			require.NoError(t, p.Connect())
			c.server(s.Accept())
			e := w.until(StateError)
			require.ErrorIs(t, e.Err, c.kind)
			require.ErrorContains(t, e.Err, c.text)
			require.Equal(t, []State{1, 7}, w.states())
		})
	}
	// The other way around.
	address, _ := secureServer(t, config)
	p, w := newPublisher(t, "rtmp://"+address+"/live/stream")
	require.NoError(t, p.Connect())
	require.ErrorContains(t, w.until(StateError).Err, "rtmps")
}

func TestDisconnectWhileAgreeing(t *testing.T) {
	noLeak(t)
	s := script.Listen(t)
	p, w := newPublisher(t, "rtmps://"+s.Address()+"/live/stream", "tls_insecure", "true")
	require.NoError(t, p.Connect())
	s.Accept()
	begin := time.Now()
	p.Disconnect()
	require.Less(t, time.Since(begin), time.Second)
	require.Equal(t, []State{1, 5, 6}, w.states())
}

// A stalled network is noticed within the timeout, also when some of a record was taken; a slow one is borne.
func TestTLSStall(t *testing.T) {
	noLeak(t)
	s := script.ListenTLS(t, script.SelfSigned(t, "127.0.0.1"))
	p, w := newPublisher(t, s.URL("live/stream"), "tls_insecure", "true", "queue_bytes", "1073741824", "queue_ms", "3600000")
	require.NoError(t, p.SetOption("timeout", "600"))
	require.NoError(t, p.Connect())
	c := s.Accept()
	c.SetReadBuffer(16 << 10)
	c.Accept()
	w.until(StatePublishing)
	big := annexB(spsMain, ppsMain, append(idr, bytes.Repeat([]byte{0xAA}, 1<<20)...))
	begin := time.Now()
	for i := range uint32(16) {
		// On a slow machine the stall may end the connection meanwhile; the event says why.
		if p.SendVideo(big, i*40, 0) != nil {
			break
		}
	}
	e := w.until(StateError)
	require.ErrorIs(t, e.Err, rtmperr.ErrTimeout)
	require.ErrorContains(t, e.Err, "took no data for 600ms")
	require.Less(t, time.Since(begin), 5*time.Second)
}

func TestCloseOfAStalledTLSConnection(t *testing.T) {
	noLeak(t)
	s := script.ListenTLS(t, script.SelfSigned(t, "127.0.0.1"))
	p, w := newPublisher(t, s.URL("live/stream"), "tls_insecure", "true", "queue_bytes", "1073741824")
	require.NoError(t, p.Connect())
	s.Accept().Accept()
	w.until(StatePublishing)
	big := annexB(spsMain, ppsMain, append(idr, bytes.Repeat([]byte{0xAA}, 8<<20)...))
	require.NoError(t, p.SendVideo(big, 0, 0))
	require.NoError(t, p.SendVideo(big, 40, 0))
	begin := time.Now()
	p.Close()
	require.Less(t, time.Since(begin), time.Second)
}
