package main

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// relay stands for a slow link: it passes on what it gets after a delay, in both directions. It needs no rights that netem needs,
// and cannot delay TCP's own handshake, whose round trip is added where round trips are counted.
type relay struct {
	listener net.Listener
	to       string
	delay    time.Duration // one way

	mu   sync.Mutex
	took []float64 // from a connection's first byte to the answer to `publish`, in ms
}

var published = []byte("NetStream.Publish.Start")

func startRelay(to string, delay time.Duration) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: l, to: to, delay: delay}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(c)
		}
	}()
	return r, nil
}

func (r *relay) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	defer server.Close()
	var began time.Time
	var known sync.Once
	go r.pass(server, client, func([]byte) { known.Do(func() { began = time.Now() }) }, func([]byte) {})
	told := false
	r.pass(client, server, func([]byte) {}, func(b []byte) {
		if !told && bytes.Contains(b, published) {
			told = true
			r.mu.Lock()
			r.took = append(r.took, float64(time.Since(began).Microseconds())/1000)
			r.mu.Unlock()
		}
	})
}

// parcel is what waits for its time.
type parcel struct {
	due  time.Time
	data []byte
}

// pass passes on from one to the other until the end.
func (r *relay) pass(to, from net.Conn, came, left func([]byte)) {
	parcels := make(chan parcel, 1<<12)
	go func() {
		defer close(parcels)
		for {
			b := make([]byte, 64<<10)
			n, err := from.Read(b)
			if n > 0 {
				came(b[:n])
				parcels <- parcel{time.Now().Add(r.delay), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range parcels {
		time.Sleep(time.Until(p.due))
		left(p.data)
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	to.Close()
	for range parcels { // until the reader has ended
	}
}

// taken returns what the connections since the last call took, and forgets it.
func (r *relay) taken() []float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.took
	r.took = nil
	return t
}
