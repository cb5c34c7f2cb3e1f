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
	for i := uint32(0); i < 30; i++ { // the server reads nothing
		require.NoError(t, p.SendVideo(frame, i*300, 0))
	}
	select {
	case kbps := <-told:
		require.NotZero(t, kbps)
	case <-time.After(patience):
		require.Fail(t, "nothing was told")
	}
	p.NotifyBitrate(nil)
	p.Close()
}
