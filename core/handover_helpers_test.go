package core

import (
	"encoding/binary"
	"luatrtmp/core/client"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/tests/script"
)

// stream pushes numbered pictures, two of three of them with a composition time as B-frames have it, and numbered audio
// frames, in real time but faster.
type stream struct {
	t        *testing.T
	p        *Publisher
	quit     chan struct{}
	done     chan struct{}
	mu       sync.Mutex
	pictures int // accepted so far
	frames   int
}

const gop = 12

func pushStream(t *testing.T, p *Publisher, video, audio bool) *stream {
	s := &stream{t: t, p: p, quit: make(chan struct{}), done: make(chan struct{})}
	go s.run(video, audio)
	t.Cleanup(s.stop)
	return s
}

func (s *stream) stop() {
	select {
	case <-s.quit:
	default:
		close(s.quit)
	}
	<-s.done
}

func (s *stream) run(video, audio bool) {
	defer close(s.done)
	beat := time.NewTicker(2 * time.Millisecond)
	defer beat.Stop()
	for i := 0; ; i++ {
		number := binary.BigEndian.AppendUint32(nil, uint32(i)|0x80808080) // no start code in it
		if video {
			au := annexB(append(append([]byte{}, inter...), number...))
			if i%gop == 0 {
				au = annexB(spsMain, ppsMain, append(append([]byte{}, idr...), number...))
			}
			if s.p.SendVideo(au, uint32(i*40), int32(i%3*40)) == nil {
				s.count(&s.pictures)
			}
		}
		if audio {
			frame := append([]byte{0x21}, number...)
			if s.p.SendAAC(frame, ascStereo, uint32(i*40)) == nil {
				s.count(&s.frames)
			}
		}
		select {
		case <-beat.C:
		case <-s.quit:
			return
		}
	}
}

func (s *stream) count(n *int) {
	s.mu.Lock()
	*n++
	s.mu.Unlock()
}

// media is what one connection received.
type media struct {
	first    []string // what its first messages were
	pictures []int    // the numbers of the pictures
	keys     []bool
	times    []uint32 // of the pictures
	audio    []int
	goodbye  []string // commands
}

// collect reads in a goroutine of its own until the publisher closes.
func collect(c *script.Conn) <-chan media {
	result := make(chan media, 1)
	go func() {
		var m media
		note := func(word string) {
			if len(m.first) < 3 {
				m.first = append(m.first, word)
			}
		}
		for {
			r, err := c.Read()
			if err != nil {
				c.Close()
				result <- m
				return
			}
			number := func(body []byte) int { return int(binary.BigEndian.Uint32(body[len(body)-4:]) &^ 0x80808080) }
			switch b := r.Message.(type) {
			case *message.Data:
				note("M")
			case *message.Video:
				v, err := flv.ParseVideoTag(b.Body)
				if err != nil {
					note(err.Error())
					continue
				}
				if v.PacketType == flv.PacketSequenceHeader {
					note("VH")
					continue
				}
				note(map[bool]string{true: "K", false: "P"}[v.Key])
				m.pictures, m.keys, m.times = append(m.pictures, number(v.Data)), append(m.keys, v.Key), append(m.times, r.Timestamp)
			case *message.Audio:
				if a, err := flv.ParseAudioTag(b.Body); err == nil && a.PacketType == flv.PacketSequenceHeader {
					note("AH")
					continue
				}
				note("A")
				m.audio = append(m.audio, number(b.Body))
			case *message.Command:
				m.goodbye = append(m.goodbye, b.Name)
			}
		}
	}()
	return result
}

// move is a server's reconnect request.
func move(tcURL string) *message.Command {
	info := script.Info("status", client.ReconnectRequest, "maintenance")
	if tcURL != "" {
		info = append(info, amf.Property{Name: "tcUrl", Value: tcURL})
	}
	return script.Status(info)
}

// numbered requires that the numbers are those from the first one on without a gap, and returns what would be next.
func numbered(t *testing.T, numbers []int, from int) int {
	t.Helper()
	for i, n := range numbers {
		require.Equal(t, from+i, n)
	}
	return from + len(numbers)
}

// begins requires that a connection begins as each has to.
func (m media) begins(t *testing.T) {
	t.Helper()
	require.Contains(t, []string{"M VH K", "M VH AH"}, strings.Join(m.first, " "), "headers of all tracks that are known, and a key frame")
	require.Zero(t, m.times[0])
	require.True(t, m.keys[0])
}
