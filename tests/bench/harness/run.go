package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Usage is what a run has cost, and the line that a publisher prints.
type Usage struct {
	Frames   int64  `json:"frames"` // pictures
	Wall     int64  `json:"wall_ns"`
	CPU      int64  `json:"cpu_ns"`            // of all threads
	Switches int64  `json:"switches"`          // voluntary, of all threads
	Mallocs  uint64 `json:"mallocs,omitempty"` // of Go
}

// Now is the time of CLOCK_MONOTONIC, which all processes share, in ns.
func Now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}

// UsageNow is what this process has cost.
func UsageNow() Usage {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &r)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Usage{Wall: Now(), CPU: r.Utime.Nano() + r.Stime.Nano(), Switches: r.Nvcsw, Mallocs: m.Mallocs}
}

// Publisher is one library.
type Publisher interface {
	Connect(url string, m *Media) error
	Send(r *Record, ms uint32) error
	Drain() error // waits until the network has taken all
	Close()
}

// Run publishes as the arguments say: URL MEDIA PICTURES FPS, as in c/bench.h.
func Run(p Publisher, args []string) error {
	if len(args) < 4 {
		return fmt.Errorf("arguments: URL MEDIA PICTURES FPS")
	}
	m, err := ReadMedia(args[1])
	if err != nil {
		return err
	}
	pictures, _ := strconv.Atoi(args[2])
	fps, _ := strconv.Atoi(args[3])
	dry := pictures < 0
	pictures = max(pictures, -pictures)
	if err := p.Connect(args[0], m); err != nil {
		return err
	}
	defer p.Close()
	runtime.GC() // of what the start has left
	before, turn := UsageNow(), time.Now()
	err = m.Frames(pictures, func(r *Record, ms uint32) error {
		if r.Kind == Video && fps > 0 {
			turn = turn.Add(time.Second / time.Duration(fps))
			time.Sleep(time.Until(turn))
		}
		if dry {
			return nil
		}
		return p.Send(r, ms)
	})
	if err == nil && !dry {
		err = p.Drain()
	}
	if err != nil {
		return err
	}
	after := UsageNow()
	return json.NewEncoder(os.Stdout).Encode(Usage{
		Frames: int64(pictures), Wall: after.Wall - before.Wall, CPU: after.CPU - before.CPU,
		Switches: after.Switches - before.Switches, Mallocs: after.Mallocs - before.Mallocs,
	})
}
