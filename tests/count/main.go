// Command count reads what `go test -json` prints, shows each package in one line and what failed in full, and closes
// with the number of tests that passed, failed and were skipped. Its status is 0 only if some passed and all did.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxLine bounds a line of input: one line of a test's output, in JSON.
const maxLine = 16 << 20

// event is a line of test2json's output, see `go doc test2json`, or of `go build -json`.
type event struct {
	Action      string
	Package     string
	Test        string
	Output      string
	Elapsed     float64
	ImportPath  string
	FailedBuild string
}

// run is what is known of one package.
type run struct {
	output     map[string][]string // by test, "" is the package itself; kept until the test has passed
	unfinished map[string]bool
	passed     int
	failed     int
	skipped    int
}

// counter adds up the events of all packages.
type counter struct {
	w      io.Writer
	runs   map[string]*run
	builds map[string][]string // compilers' output by import path

	passed, failed, skipped int
}

func main() {
	c := newCounter(os.Stdout)
	if err := c.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
	if !c.close() {
		os.Exit(1)
	}
}

func newCounter(w io.Writer) *counter {
	return &counter{w: w, runs: map[string]*run{}, builds: map[string][]string{}}
}

func (c *counter) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(c.w, lines.Text())
			continue
		}
		c.add(e)
	}
	return lines.Err()
}

func (c *counter) add(e event) {
	if e.Action == "build-output" {
		c.builds[e.ImportPath] = append(c.builds[e.ImportPath], e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	p := c.runs[e.Package]
	if p == nil {
		p = &run{output: map[string][]string{}, unfinished: map[string]bool{}}
		c.runs[e.Package] = p
	}
	switch e.Action {
	case "run":
		p.unfinished[e.Test] = true
	case "output":
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case "pass", "fail", "skip":
		if e.Test != "" {
			c.endTest(p, e)
		} else {
			c.endPackage(p, e)
		}
	}
}

func (c *counter) endTest(p *run, e event) {
	delete(p.unfinished, e.Test)
	switch e.Action {
	case "pass":
		p.passed++
	case "fail":
		p.failed++
		c.show(p.output[e.Test])
	case "skip":
		p.skipped++
		c.show(p.output[e.Test])
	}
	delete(p.output, e.Test)
}

// endPackage adds a package's tests to the sum. One that failed without a failed test (it did not compile, or its
// TestMain failed) counts as one failure; tests that never ended (a crash) have failed.
func (c *counter) endPackage(p *run, e event) {
	delete(c.runs, e.Package)
	if e.Action == "fail" {
		for test := range p.unfinished {
			p.failed++
			c.show(p.output[test])
		}
		c.show(c.builds[e.FailedBuild])
		if p.failed == 0 {
			p.failed = 1
			c.show(p.output[""])
		}
	}
	c.passed += p.passed
	c.failed += p.failed
	c.skipped += p.skipped
	if e.Action != "skip" { // a package without tests
		fmt.Fprintf(c.w, "%-5s %-34s %5d passed %7.1f s\n", e.Action, e.Package, p.passed, e.Elapsed)
	}
}

func (c *counter) show(output []string) {
	fmt.Fprint(c.w, strings.Join(output, ""))
}

// close prints the sum and reports whether all is well. A package whose end never came has failed.
func (c *counter) close() bool {
	var open []string
	for name := range c.runs {
		open = append(open, name)
	}
	slices.Sort(open)
	for _, name := range open {
		c.endPackage(c.runs[name], event{Action: "fail", Package: name})
	}
	fmt.Fprintf(c.w, "%d passed, %d failed, %d skipped\n", c.passed, c.failed, c.skipped)
	return c.passed > 0 && c.failed == 0 && c.skipped == 0
}
