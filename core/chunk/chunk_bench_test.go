package chunk

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

var benchmarkChunkSizes = []uint32{128, 4096, 60000}

// BenchmarkAppendMessage makes the slices of a picture of 20 kB.
func BenchmarkAppendMessage(b *testing.B) {
	payload := make([]byte, 20_000)
	for _, size := range benchmarkChunkSizes {
		b.Run(fmt.Sprintf("chunk=%d", size), func(b *testing.B) {
			w := NewWriter()
			if err := w.SetChunkSize(size); err != nil {
				b.Fatal(err)
			}
			var pieces [][]byte
			h := Header{ChunkStreamID: 6, Type: 9, StreamID: 1}
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				h.Timestamp += 33
				var err error
				if pieces, err = w.AppendMessage(pieces[:0], h, payload); err != nil {
					b.Fatal(err)
				}
				w.Reset()
			}
		})
	}
}

// BenchmarkReader puts pictures of 20 kB together.
func BenchmarkReader(b *testing.B) {
	const messages = 16
	payload := make([]byte, 20_000)
	for _, size := range benchmarkChunkSizes {
		b.Run(fmt.Sprintf("chunk=%d", size), func(b *testing.B) {
			w := NewWriter()
			if err := w.SetChunkSize(size); err != nil {
				b.Fatal(err)
			}
			var wire []byte
			for i := range messages {
				pieces, err := w.AppendMessage(nil, Header{ChunkStreamID: 6, Type: 9, StreamID: 1, Timestamp: uint32(i) * 33}, payload)
				if err != nil {
					b.Fatal(err)
				}
				wire = append(wire, bytes.Join(pieces, nil)...)
			}
			b.SetBytes(messages * int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewReader(bytes.NewReader(wire))
				if err := r.SetChunkSize(size); err != nil {
					b.Fatal(err)
				}
				for {
					_, err := r.Read()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
