package coretest

import (
	"fmt"
	"net"
	"testing"

	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// FreeUDP returns a loopback port that is free, with the next one.
func FreeUDP(t *testing.T) int {
	t.Helper()
	for range 1000 {
		a, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		port := a.LocalAddr().(*net.UDPAddr).Port
		b, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + 1})
		a.Close()
		if err == nil {
			b.Close()
			return port
		}
	}
	require.FailNow(t, "no two free ports")
	return 0
}

// Camera sends H.264, a NAL unit a packet.
type Camera struct {
	T         *testing.T
	Conn      net.Conn
	Seq       uint16 // of the next packet
	timestamp uint32
	Sent      uint64 // packets
}

// NewCamera returns a Camera that sends to a loopback port.
func NewCamera(t *testing.T, port int) *Camera {
	t.Helper()
	conn, err := net.Dial("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &Camera{T: t, Conn: conn}
}

// Send sends frames: K and P.
func (c *Camera) Send(frames string) {
	for _, kind := range frames {
		nalus := [][]byte{Inter}
		if kind == 'K' {
			nalus = [][]byte{SPSMain, PPSMain, IDR}
		}
		for i, nalu := range nalus {
			p := pion.Packet{Header: pion.Header{
				Version: 2, PayloadType: 96, SequenceNumber: c.Seq, Timestamp: c.timestamp, SSRC: 7, Marker: i == len(nalus)-1,
			}, Payload: nalu}
			b, err := p.Marshal()
			require.NoError(c.T, err)
			c.Conn.Write(b) // nobody may listen
			c.Seq++
			c.Sent++
		}
		c.timestamp += 3600
	}
}
