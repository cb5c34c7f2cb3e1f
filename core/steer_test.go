package core

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A slow server makes the publisher ask the encoder for less.
func TestBitrateCallback(t *testing.T) {
	noLeak(t)
	p, _, c := publishing(t)
	told := make(chan uint32, 100)
	p.NotifyBitrate(func(kbps uint32, waiting time.Duration) {
		require.Greater(t, waiting, time.Duration(0))
		select {
		case told <- kbps:
		default:
		}
	})
	c.SetReadBuffer(4096)
	frame := annexB(spsMain, ppsMain, append([]byte{0x65}, bytes.Repeat([]byte{0x55}, 900_000)...))
	limit := time.After(patience)
	for timestamp := uint32(0); ; timestamp += 300 { // the server reads nothing; how much the kernel takes differs
		require.NoError(t, p.SendVideo(frame, timestamp, 0))
		select {
		case kbps := <-told:
			require.NotZero(t, kbps)
			p.NotifyBitrate(nil)
			p.Close()
			return
		case <-limit:
			require.Fail(t, "nothing was told", "state %v, failure %v, %+v", p.State(), p.Failure(), p.Info())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
