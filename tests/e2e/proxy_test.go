package e2e_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	proxyPiece  = 4 << 10  // read and written at a time
	proxyBuffer = 64 << 10 // of the socket that a publisher sends to
)

// proxy is a network between one publisher and a server that can be held up or slow.
type proxy struct {
	ln     net.Listener
	mu     sync.Mutex
	moved  *sync.Cond
	held   bool
	rate   float64 // bytes a second; 0: as many as come
	closed bool
	conns  []net.Conn
	wg     sync.WaitGroup
}

// startProxy starts a proxy to a server for the test.
func startProxy(t testing.TB, server string) *proxy {
	t.Helper()

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{ln: ln}
	p.moved = sync.NewCond(&p.mu)
	p.wg.Go(func() { p.serve(server) })
	t.Cleanup(p.close)

	return p
}

// url returns the address of a stream by way of the proxy.
func (p *proxy) url(app, stream string) string {
	return "rtmp://" + p.ln.Addr().String() + "/" + app + "/" + stream
}

// hold stops the flow to the server, or lets it go on.
func (p *proxy) hold(held bool) {
	p.mu.Lock()
	p.held = held
	p.moved.Broadcast()
	p.mu.Unlock()
}

// throttle bounds the flow to the server from its beginning on, in bytes a second.
func (p *proxy) throttle(rate float64) {
	p.mu.Lock()
	p.rate = rate
	p.mu.Unlock()
}

// pace returns how long n bytes take.
func (p *proxy) pace(n int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate == 0 {
		return 0
	}
	return time.Duration(float64(n) / p.rate * float64(time.Second))
}

// wait returns when the flow is not held up.
func (p *proxy) wait() {
	p.mu.Lock()
	for p.held && !p.closed {
		p.moved.Wait()
	}
	p.mu.Unlock()
}

func (p *proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.moved.Broadcast()
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.ln.Close()
	p.wg.Wait()
}

// add notes a connection for close; false when that was already.
func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
	return !p.closed
}

func (p *proxy) serve(server string) {
	publisher, err := p.ln.Accept()
	if err != nil {
		return
	}
	defer publisher.Close()
	to, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer to.Close()
	if !p.add(publisher) || !p.add(to) || publisher.(*net.TCPConn).SetReadBuffer(proxyBuffer) != nil {
		return
	}

	p.wg.Go(func() {
		io.Copy(publisher, to) //nolint:errcheck // how it ends the other side sees too
		publisher.Close()
	})
	piece := make([]byte, proxyPiece)
	free := time.Now() // when the bytes before are through
	for {
		n, err := publisher.Read(piece)
		p.wait()
		free = free.Add(p.pace(n))
		if now := time.Now(); free.Before(now) {
			free = now
		}
		time.Sleep(time.Until(free))
		if _, werr := to.Write(piece[:n]); err != nil || werr != nil {
			return
		}
	}
}
