// Package rtp_test publishes what ffmpeg, GStreamer and a sender of its own send by RTP to a receiver that shares no code with this project, and
// compares what was recorded with what was sent, frame by frame.
package rtp_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

const (
	patience = 20 * time.Second

	// lastPicture is how long the last picture may wait, since none follows that ends it.
	lastPicture = 700 * time.Millisecond
)

var (
	portsMutex sync.Mutex
	portsGiven = map[int]bool{}
)

// freePorts returns the first of four UDP ports that are free. They are below those that the system gives to senders.
func freePorts(t testing.TB) int {
	t.Helper()
	portsMutex.Lock()
	defer portsMutex.Unlock()
	for range 1000 {
		port := 20000 + 4*rand.IntN(3000)
		if portsGiven[port] {
			continue
		}
		portsGiven[port] = true
		free := true
		for i := range 4 {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port + i})
			if err != nil {
				free = false
				break
			}
			conn.Close()
		}
		if free {
			return port
		}
	}
	require.FailNow(t, "no free UDP ports")
	return 0
}

// publish publishes a source while send runs, and returns the recording in Matroska.
func publish(t *testing.T, receiver *peers.Server, stream, source string, send func()) string {
	t.Helper()
	log := &logText{}
	p := core.New(slog.New(slog.NewTextHandler(log, nil)))
	defer p.Close()
	defer func() {
		if t.Failed() {
			t.Log(log.String())
		}
	}()
	publishing := make(chan struct{})
	p.Notify(func(e core.Event) {
		if e.New == core.StatePublishing {
			close(publishing)
		}
	})
	require.NoError(t, p.SetURL(receiver.URL("live", stream)))
	require.NoError(t, p.SetSource(source))
	p.Start()
	require.NoError(t, p.Connect())
	select {
	case <-publishing:
	case <-time.After(patience):
		require.FailNow(t, "not publishing", "%v", p.Failure())
	}
	time.Sleep(100 * time.Millisecond) // until media flows
	send()
	time.Sleep(lastPicture)
	require.NoError(t, p.Failure())
	p.Disconnect()
	return media.Matroska(t, receiver.For(t).Recording(stream))
}

type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// run runs a program to its end.
func run(t testing.TB, name string, args ...string) {
	t.Helper()
	_, err := exec.LookPath(name)
	require.NoError(t, err, "run ./build.sh setup")
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s\n%s", name, strings.Join(args, " "), out)
}

// ffmpegArgs sends the video and the audio of a file to a port and to that two after it.
func ffmpegArgs(file string, port int, paced, video, audio bool, options ...string) []string {
	args := []string{"-nostdin", "-hide_banner", "-loglevel", "error", "-y"}
	if paced {
		args = append(args, "-re")
	}
	args = append(args, "-i", file)
	// Otherwise ffmpeg moves the times of each output by itself, and no sender report says so.
	options = append([]string{"-c", "copy", "-avoid_negative_ts", "disabled"}, options...)
	if video {
		args = append(append(args, "-map", "0:v"), options...)
		args = append(args, "-f", "rtp", fmt.Sprintf("rtp://127.0.0.1:%d?pkt_size=1200", port))
	}
	if audio {
		args = append(append(args, "-map", "0:a"), options...)
		args = append(args, "-f", "rtp", fmt.Sprintf("rtp://127.0.0.1:%d?pkt_size=1200", port+2))
	}
	return args
}

// ffmpegSDP returns the SDP file that ffmpeg writes for what it sends.
func ffmpegSDP(t testing.TB, args []string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stream.sdp")
	args = append([]string{"-t", "0.1", "-sdp_file", file}, args...)
	// The option of the input, which ends it early, stands in front of it; so does that for all outputs.
	run(t, "ffmpeg", args...)
	return file
}

// samplesOf returns the decoded audio of a file: WAV has no packets that one could compare.
func samplesOf(t testing.TB, file string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-i", file, "-map", "0:a", "-f", "s16le", "-").Output()
	require.NoError(t, err)
	return out
}
