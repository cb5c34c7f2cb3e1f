// Command bench compares this library with the limit of the machine and with other publishers, all in one run:
// ./build.sh bench, or with build/rtmp.so built, go run ./tests/bench.
//
// A sink of its own (sink/) receives on one core, the publishers run on another, one after the other in interleaved rounds, each a
// process of its own that says what its pictures have cost. Medians and their ratios to the limit count; absolute figures differ
// from run to run and from machine to machine. The streams are checked first: nothing broken is compared.
//
//	media.go, wire.go, prepare.go   what is sent: synthetic pictures and a real clip, in each publisher's form
//	publishers.go, rounds.go        who sends it, as fast as possible and at 30 pictures a second
//	c/, lua/, publisher/            those programs; harness/ is what those in Go share with the bench
//	connect.go, relay.go            time to PUBLISHING, on this machine and over a slow link
//	latency.go, memory.go, load.go  latency of a picture, memory of contexts, loading and calling the library
//	growth.go, secure.go            more contexts, larger pictures, TLS
//	against.go                      this library and an earlier build of it, side by side
//	table.go, plot.go, page.go      the tables, the plot and the place in docs/performance.md where they go
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// The cores that publishers and sink are pinned to.
const (
	publisherCore = 0
	sinkCore      = 1
)

// bench is one run of the whole.
type bench struct {
	root, dir string
	quick     bool
	earlier   string // the folder of an earlier rtmp.so to compare with; "" for none
	sink      *sink
	runs      int   // of publishers so far
	overTLS   bool  // publishers go to the sink's secure address
	sinkCPU   int64 // what the sink had used at the end of the latest run, ns
	result    result
}

func main() {
	quick := flag.Bool("quick", false, "everything once and small, to see that it works; docs/ is left alone")
	only := flag.String("only", "", "one part alone; docs/ is left alone: "+partNames())
	against := flag.String("against", "", "an rtmp.so of another commit: compares the two and measures nothing else; docs/ is left alone")
	flag.Parse()
	if flag.NArg() > 0 || *only != "" && *against != "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*quick, *only, *against); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(quick bool, only, against string) error {
	began := time.Now()
	b := &bench{quick: quick}
	if against != "" {
		if filepath.Base(against) != "rtmp.so" {
			return fmt.Errorf("-against %s: a file named rtmp.so is expected, which the dynamic loader finds by that name", against)
		}
		folder, err := filepath.Abs(filepath.Dir(against))
		if err != nil {
			return err
		}
		b.earlier, parts = folder, comparison
	}
	if err := b.setUp(); err != nil {
		return err
	}
	defer b.sink.stop()
	known := false
	for _, p := range parts {
		if only != "" && only != p.name {
			continue
		}
		known = true
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), p.what)
		if err := p.do(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if !known {
		return fmt.Errorf("part %q: there are %s", only, partNames())
	}
	return b.publish(time.Since(began), !quick && only == "" && against == "")
}

// setUp compiles, makes the media and starts the sink.
func (b *bench) setUp() error {
	var err error
	if b.root, err = os.Getwd(); err != nil {
		return err
	}
	if _, err := os.Stat(b.file("include/luat_rtmp_push.h")); err != nil {
		return fmt.Errorf("to be run in the top folder of the source tree")
	}
	b.dir = b.file("build/bench")
	for _, dir := range []string{"bin", "media"} {
		if err := os.MkdirAll(filepath.Join(b.dir, dir), 0o755); err != nil {
			return err
		}
	}
	if err := b.compile(); err != nil {
		return err
	}
	if err := b.makeMedia(); err != nil {
		return err
	}
	b.sink, err = b.startSink()
	return err
}

// file is a file of the source tree.
func (b *bench) file(name string) string { return filepath.Join(b.root, filepath.FromSlash(name)) }

// pinned makes a command that runs on one core, if there are several.
func (b *bench) pinned(core int, name string, args ...string) *exec.Cmd {
	if runtime.NumCPU() < 2 {
		return exec.Command(name, args...)
	}
	return exec.Command("taskset", append([]string{"-c", strconv.Itoa(core), name}, args...)...)
}
