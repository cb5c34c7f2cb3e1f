package script

import (
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience bounds every step of a script.
const Patience = 10 * time.Second

// Server listens on a port of the loopback interface.
type Server struct {
	t        testing.TB
	listener *net.TCPListener
	tls      *tls.Config // nil: RTMP in the clear
}

// Listen starts a server, which ends with the test.
func Listen(t testing.TB) *Server {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	return ListenOn(t, listener)
}

// ListenOn starts a server on a listener, which ends with the test.
func ListenOn(t testing.TB, listener *net.TCPListener) *Server {
	t.Cleanup(func() { listener.Close() })
	return &Server{t: t, listener: listener}
}

// ListenTLS starts a server that speaks RTMP over TLS.
func ListenTLS(t testing.TB, config *tls.Config) *Server {
	s := Listen(t)
	s.tls = config
	return s
}

// Address is host:port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// URL is the address of an application and a stream on the server.
func (s *Server) URL(path string) string {
	scheme := "rtmp://"
	if s.tls != nil {
		scheme = "rtmps://"
	}
	return scheme + s.Address() + "/" + path
}

// Accept waits for a connection, which ends with the test.
func (s *Server) Accept() *Conn {
	s.t.Helper()
	require.NoError(s.t, s.listener.SetDeadline(time.Now().Add(Patience)))
	conn, err := s.listener.AcceptTCP()
	require.NoError(s.t, err, "nobody connects")
	s.t.Cleanup(func() { conn.Close() })
	return newConn(s.t, conn, s.tls)
}

// Forms is how many forms of the handshake a publisher tries with a server that it does not know and that hangs up in each:
// as many connections.
const Forms = 3

// HangUp closes every connection of an attempt in the handshake.
func (s *Server) HangUp() {
	s.t.Helper()
	for range Forms {
		s.Accept().Close()
	}
}

// Serve runs handle for every connection, each on a goroutine of its own, until the returned function is called, which
// waits for all of them. A step that fails ends its handler and nothing else. The connection is closed at the end of
// its handler.
func (s *Server) Serve(handle func(*Conn)) (stop func()) {
	var running sync.WaitGroup
	var mu sync.Mutex
	open, stopped := map[net.Conn]bool{}, false
	running.Go(func() {
		for {
			conn, err := s.listener.AcceptTCP()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			if stopped {
				conn.Close()
			}
			mu.Unlock()
			running.Go(func() {
				defer func() {
					conn.Close()
					mu.Lock()
					delete(open, conn)
					mu.Unlock()
				}()
				handle(newConn(unattended{}, conn, s.tls))
			})
		}
	})
	stop = sync.OnceFunc(func() {
		s.listener.Close()
		mu.Lock()
		stopped = true
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	s.t.Cleanup(stop)
	return stop
}

// unattended ends the goroutine of a handler whose step fails.
type unattended struct{}

func (unattended) Errorf(string, ...any) {}
func (unattended) FailNow()              { runtime.Goexit() }
