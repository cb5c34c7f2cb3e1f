package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// The part of docs/performance.md between these lines is the bench's.
const (
	pageBegin = "<!-- written by ./build.sh bench: from here -->\n"
	pageEnd   = "<!-- to here -->\n"
)

// publish prints the tables and writes them and the plot; on the page too if it is a whole run.
func (b *bench) publish(took time.Duration, page bool) error {
	text := conditions(took) + "\n" + b.result.tables()
	fmt.Print(text)
	if err := os.WriteFile(filepath.Join(b.dir, "performance.md"), []byte(text), 0o644); err != nil {
		return err
	}
	plot := []byte(b.result.plot())
	if err := os.WriteFile(filepath.Join(b.dir, "performance.svg"), plot, 0o644); err != nil {
		return err
	}
	if !page {
		return nil
	}
	if err := os.WriteFile(b.file("docs/performance.svg"), plot, 0o644); err != nil {
		return err
	}
	return replaceBetween(b.file("docs/performance.md"), text)
}

// replaceBetween puts text between the two lines of a page.
func replaceBetween(file, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(page), pageBegin)
	_, after, ended := strings.Cut(rest, pageEnd)
	if !found || !ended {
		return fmt.Errorf("%s lacks the lines that the tables stand between", file)
	}
	return os.WriteFile(file, []byte(before+pageBegin+"\n"+text+"\n"+pageEnd+after), 0o644)
}

// conditions says on what machine it was.
func conditions(took time.Duration) string {
	model := "a processor of unknown name"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(info); m != nil {
			model = string(m[1])
		}
	}
	kernel, err := exec.Command("uname", "-sr").Output()
	if err != nil {
		kernel = []byte("kernel unknown")
	}
	return fmt.Sprintf("%s, %d cores, %s, %s, %s; publishers on one core, the sink on another, loopback; %.0f s in all.\n",
		model, runtime.NumCPU(), strings.TrimSpace(string(kernel)), runtime.Version(), time.Now().UTC().Format(time.DateOnly), took.Seconds())
}
