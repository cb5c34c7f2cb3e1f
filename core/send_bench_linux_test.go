package core

import (
	"fmt"
	"net"
	"syscall"
	"testing"
)

// nowhere takes all that a socket has, without a system call.
type nowhere struct {
	syscall.RawConn
	socket *socket
}

func (n nowhere) Write(func(uintptr) bool) error {
	for _, p := range *n.socket.pieces {
		n.socket.n += int64(len(p))
	}
	*n.socket.pieces = nil
	return nil
}

// BenchmarkSend pushes pictures of one slice to a connection whose kernel takes everything at once and costs nothing.
func BenchmarkSend(b *testing.B) {
	for _, size := range []int{300, 1_000, 20_000} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			o := DefaultOptions()
			conn, peer := net.Pipe()
			defer peer.Close()
			defer conn.Close()
			p := New(quietLog())
			w := newWriter(conn, &o, &p.counters)
			w.wire.socket = &socket{}
			w.wire.socket.raw = nowhere{socket: w.wire.socket}
			p.muxer.attach(w, 1)
			picture := append([]byte{0, 0, 0, 1, 0x41, 0x9A, 0x24}, make([]byte, size)...)
			for i := range size {
				picture[7+i] = byte(i%255 + 1)
			}
			at := uint32(0)
			send := func(picture []byte) {
				at += 33
				if err := p.SendVideo(picture, at, 0); err != nil {
					b.Fatal(err)
				}
			}
			send(annexB(spsMain, ppsMain, []byte{0x65, 0x88, 0x82, 1}))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				send(picture)
			}
		})
	}
}
