package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// patience bounds every wait for a program of the bench.
const patience = 60 * time.Second

// report is a line of the sink; sink/report.go says what is in it.
type report struct {
	Listening, Secure string
	Stream, Error     string
	Bytes             uint64
	Video, Audio      uint32
	VideoSum          uint32 `json:"video_sum"`
	AudioSum          uint32 `json:"audio_sum"`
	Wall              int64  `json:"wall_ns"`
	Ordered           bool
	P50               int64 `json:"p50_ns"`
	P99               int64 `json:"p99_ns"`
	CPU               int64 `json:"cpu_ns"`
}

// sink is the running receiver.
type sink struct {
	cmd             *exec.Cmd
	address, secure string
	reports         chan report
}

// startSink starts the sink on its core.
func (b *bench) startSink() (*sink, error) {
	s := &sink{cmd: b.pinned(sinkCore, b.bin("sink")), reports: make(chan report, 1<<16)}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	go func() {
		defer close(s.reports)
		for lines.Scan() {
			var r report
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				s.reports <- r
			}
		}
	}()
	first, err := s.next()
	if err != nil || first.Listening == "" {
		s.stop()
		return nil, fmt.Errorf("the sink did not start: %w", err)
	}
	s.address, s.secure = first.Listening, first.Secure
	return s, nil
}

func (s *sink) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// next returns the next line.
func (s *sink) next() (report, error) {
	select {
	case r, ok := <-s.reports:
		if !ok {
			return report{}, fmt.Errorf("the sink has ended")
		}
		return r, nil
	case <-time.After(patience):
		return report{}, fmt.Errorf("the sink has said nothing for %v", patience)
	}
}

// await returns what the sink says of a stream.
func (s *sink) await(stream string) (report, error) {
	for {
		r, err := s.next()
		if err != nil {
			return r, fmt.Errorf("stream %s: %w", stream, err)
		}
		if strings.TrimSuffix(r.Stream, "?") == stream {
			return r, nil
		}
	}
}

// skip forgets the lines of streams that nobody asks about.
func (s *sink) skip() {
	for {
		select {
		case <-s.reports:
		default:
			return
		}
	}
}

func (s *sink) url(stream string) string       { return "rtmp://" + s.address + "/bench/" + stream }
func (s *sink) secureURL(stream string) string { return "rtmps://" + s.secure + "/bench/" + stream }
