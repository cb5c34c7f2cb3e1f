package core

import (
	"encoding/binary"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/core/source"
)

// A server that ends each connection in the middle of a GOP: on the next one a file begins with the key frame of that GOP, and
// timestamps begin at 0.
func TestFileGoesOnAfterAReconnect(t *testing.T) {
	const gop, pictures = 25, 150
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var connections [][]uint32 // the numbers of the pictures
		var first []uint32         // timestamps
		p, w := virtualPublisher(t, func(c *memConn) {
			mu.Lock()
			at := len(connections)
			connections = append(connections, nil)
			mu.Unlock()
			serveMedia(c, func(h chunk.Header, m message.Message) {
				v, ok := m.(*message.Video)
				if !ok || v.Body[1] != 1 {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if len(connections[at]) == 0 {
					first = append(first, h.Timestamp)
				}
				number := binary.BigEndian.Uint32(v.Body[len(v.Body)-4:]) & 0xFFFF
				if connections[at] = append(connections[at], number); at < 3 && len(connections[at]) == gop+10 {
					c.Close()
				}
			})
		}, "reconnect", "true", "reconnect_min_ms", "10", "reconnect_max_ms", "10")
		defer p.Close()
		p.open = func(source.Spec) (source.Source, error) {
			s := fakeVideo(pictures, gop)
			for i := range s.units {
				nalu := append([]byte{}, s.units[i].NALUs[0]...)
				s.units[i].NALUs = [][]byte{binary.BigEndian.AppendUint32(nalu, 0x01010000|uint32(i))}
			}
			return s, nil
		}
		require.NoError(t, p.SetSource("movie.mp4"))
		p.Start()
		require.NoError(t, p.Connect())
		w.until(StateDisconnected)
		require.Len(t, connections, 4)
		for i, numbers := range connections {
			require.Zero(t, first[i])
			for k, number := range numbers {
				require.EqualValues(t, i*gop+k, number, "connection %d", i)
			}
		}
		require.Len(t, connections[3], pictures-3*gop)
	})
}
