package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 15 * time.Second // from the start of a process until it listens
	stopTimeout  = 3 * time.Second  // from SIGTERM until SIGKILL
	pollInterval = 10 * time.Millisecond
)

// process is a running peer. It has a process group of its own and dies with the test's process, also when that is killed.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended and was waited for
}

// startProcess starts a program in the folder dir, with its standard output and error appended to the file log.
func startProcess(t testing.TB, dir, log string, env []string, name string, args ...string) *process {
	t.Helper()

	out, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatalf("peers: %v", err)
	}
	defer out.Close()

	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	started := make(chan error, 1)
	go func() {
		// Pdeathsig acts when the thread that started the process ends: keep that thread as long as the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()

		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.cmd.Wait() //nolint:errcheck // how it ended is in ProcessState
		}
		close(p.done)
	}()

	if err := <-started; err != nil {
		t.Fatalf("peers: %s: %v", filepath.Base(name), err)
	}

	return p
}

// stop ends the process, by SIGTERM and in the end by SIGKILL to its group, and waits for it.
func (p *process) stop() {
	if p.ended() {
		return
	}

	pid := p.cmd.Process.Pid
	syscall.Kill(pid, syscall.SIGTERM) //nolint:errcheck // it may end by itself meanwhile

	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		syscall.Kill(-pid, syscall.SIGKILL) //nolint:errcheck // the same
		<-p.done
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// waitFor calls ok until it is true, and returns whether it became so in time.
func waitFor(timeout time.Duration, ok func() bool) bool {
	for end := time.Now().Add(timeout); ; time.Sleep(pollInterval) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// program returns the path of an installed program.
func program(t testing.TB, name string) string {
	t.Helper()

	path, err := exec.LookPath(name)
	if err != nil { // /usr/sbin is not in every user's PATH
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
	}
	if err != nil {
		t.Fatalf("peers: %s is not installed, run ./build.sh setup", name)
	}

	return path
}

// installed fails the test if a file that ./build.sh setup installs is missing.
func installed(t testing.TB, path string) {
	t.Helper()

	if _, err := os.Stat(path); err != nil {
		t.Fatalf("peers: %s is missing, run ./build.sh setup", path)
	}
}
