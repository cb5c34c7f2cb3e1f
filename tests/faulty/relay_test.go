package faulty_test

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// relay carries the bytes of connections over the loopback interface: of a packet that is lost TCP shows that it comes late.
type relay struct {
	troubled
	listener *net.TCPListener
	server   *net.TCPListener
}

func newRelay(t testing.TB) *relay {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	r := &relay{listener: listener}
	var running sync.WaitGroup
	running.Go(func() { r.serve(&running) })
	t.Cleanup(func() {
		r.set(trouble{})
		listener.Close()
		running.Wait()
	})
	return r
}

func (r *relay) listen(t testing.TB) *net.TCPListener {
	t.Helper()
	var err error
	r.server, err = net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	return r.server
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) vanish(_ testing.TB, gone bool) { r.set(trouble{cut: gone}) }

func (r *relay) serve(running *sync.WaitGroup) {
	for {
		publisher, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.server.Addr().String())
		if err != nil {
			publisher.Close()
			continue
		}
		running.Go(func() { r.carry(publisher, server, true) })
		running.Go(func() { r.carry(server, publisher, false) })
	}
}

// carry carries what comes, all of it late where something is lost or delayed, until one side ends.
func (r *relay) carry(from, to net.Conn, lossy bool) {
	const retransmission = 200 * time.Millisecond
	defer from.Close()
	defer to.Close()
	for buf := make([]byte, 64<<10); ; {
		n, err := from.Read(buf)
		arrives, after := r.fate(lossy)
		time.Sleep(after)
		for ; !arrives; arrives, _ = r.fate(lossy) {
			time.Sleep(retransmission)
		}
		if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}
