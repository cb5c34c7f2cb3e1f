package link

import (
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"luatrtmp/core/coretest"
	"luatrtmp/core/mux"
	"luatrtmp/core/options"
)

// nowhere takes all that is offered, without a system call.
type nowhere struct{ wire }

func (nowhere) Immediate() bool { return true }
func (nowhere) Holds() bool     { return false }

func (nowhere) Offer(pieces *net.Buffers) (n int64, err error) {
	for _, p := range *pieces {
		n += int64(len(p))
	}
	*pieces = nil
	return n, nil
}

// BenchmarkSend pushes pictures of one slice to a connection whose kernel takes everything at once and costs nothing.
func BenchmarkSend(b *testing.B) {
	for _, size := range []int{300, 1_000, 20_000} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			conn, peer := net.Pipe()
			defer peer.Close()
			defer conn.Close()
			o := options.Default()
			w := senderTo(conn, &o)
			w.wire = nowhere{}
			send := sender(b, w, size)
			for b.Loop() {
				send()
			}
		})
	}
}

// BenchmarkSendTCP pushes pictures of one slice to a peer that reads them from time to time, on the same thread.
func BenchmarkSendTCP(b *testing.B) {
	const most = 64 << 10 // so much the kernel takes for sure
	for _, size := range []int{300, 1_000, 3_000, 20_000} {
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			conn, peer := tcpPair(b, 1<<20)
			o := options.Default()
			w := senderTo(conn, &o)
			send, buffer, arrived := sender(b, w, size), make([]byte, 2*most), uint64(0)
			for b.Loop() {
				send()
				if sent := w.counters.Snapshot().BytesSent; sent-arrived >= most {
					if _, err := io.ReadFull(peer, buffer[:sent-arrived]); err != nil {
						b.Fatal(err)
					}
					arrived = sent
				}
			}
		})
	}
}

// sender returns a function that pushes a picture of that size, after a key frame.
func sender(b *testing.B, w *Sender, size int) (send func()) {
	m := mux.New(mux.Config{Clock: time.Now, Dropped: w.counters.Dropped, Warn: noLog().Warn})
	m.Attach(mux.Destination{Out: w, StreamID: 1})
	picture := append([]byte{0, 0, 0, 1, 0x41, 0x9A, 0x24}, make([]byte, size)...)
	for i := range size {
		picture[7+i] = byte(i%255 + 1)
	}
	au, at := coretest.AnnexB(coretest.SPSMain, coretest.PPSMain, []byte{0x65, 0x88, 0x82, 1}), uint32(0)
	send = func() {
		at += 33
		if err := m.SendVideoFrame(au, at, mux.Frame{}); err != nil {
			b.Fatal(err)
		}
	}
	send()
	au = picture
	b.SetBytes(int64(size))
	b.ReportAllocs()
	return send
}
