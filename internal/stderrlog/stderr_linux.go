package stderrlog

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stderr is descriptor 2 of the process.
const stderr = 2

// Stderr writes lines to descriptor 2, if that is something that lines belong to: a file, a terminal, a pipe, or the very
// socket or device that it was when the library was loaded. A host that closes its standard error gets the number 2 for
// the next socket that it opens; a line must not go there.
type Stderr struct {
	Device, Inode uint64 // of descriptor 2 when the library was loaded; zeros if it was closed
}

// Write writes a line, or as much as can be written without waiting. It returns false if that is not all, and raises no
// signal: of a pipe that nobody reads any more the host hears nothing. It does not touch the flags of the descriptor, which
// other processes may share. Where another writer fills a pipe up in the same moment, a terminal stands still or a file
// system hangs, it does wait, so the caller must be a goroutine that may.
func (s Stderr) Write(line []byte) bool { return s.writeTo(stderr, line) }

func (s Stderr) writeTo(fd int, line []byte) bool {
	mode, ok := s.accepts(fd)
	if !ok {
		return false
	}
	if mode != unix.S_IFREG {
		// Of a copy it is sure what it is: the host may put something else into the place of descriptor 2 at any time.
		// There is no copy of a file, because closing it would give up the host's locks of the file; fcntl(2).
		if own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3); err == nil {
			fd = own
			defer unix.Close(own)
			if mode, ok = s.accepts(fd); !ok {
				return false
			}
		}
	}
	return writeNow(fd, mode, line)
}

// writeNow writes a line to a descriptor, as long as that takes bytes without waiting.
func writeNow(fd int, mode uint32, line []byte) bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer blockSignals()()
	for range maxTries {
		if !takesNow(fd) {
			return false
		}
		n, err := 0, error(nil)
		if mode == unix.S_IFSOCK {
			n, err = unix.SendmsgN(fd, line, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		} else {
			n, err = unix.Write(fd, line)
		}
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EPIPE:
			discardSIGPIPE()
			return false
		case err != nil || n <= 0:
			return false
		}
		if line = line[n:]; len(line) == 0 {
			return true
		}
	}
	return false
}

// maxTries bounds how many pieces a line is written in.
const maxTries = 16

// accepts returns what kind of file a descriptor is, and whether lines may be written to it.
func (s Stderr) accepts(fd int) (mode uint32, ok bool) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0, false
	}
	same := st.Ino != 0 && uint64(st.Dev) == s.Device && st.Ino == s.Inode
	mode = st.Mode & unix.S_IFMT
	switch mode {
	case unix.S_IFREG, unix.S_IFIFO:
		return mode, true
	case unix.S_IFCHR:
		_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		return mode, err == nil || same
	case unix.S_IFSOCK:
		return mode, same
	}
	return mode, false
}

// takesNow reports whether a descriptor takes bytes without waiting, a pipe at least PIPE_BUF of them.
func takesNow(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for range maxTries {
		n, err := unix.Poll(p, 0)
		if err != unix.EINTR {
			return err == nil && n == 1 && p[0].Revents == unix.POLLOUT
		}
	}
	return false
}

// blockSignals keeps from the calling thread the signals that writing may raise, until the function that it returns is
// called: SIGPIPE, and SIGTTOU, which stops a program in the background of a terminal.
func blockSignals() (restore func()) {
	var before unix.Sigset_t
	if unix.PthreadSigmask(unix.SIG_BLOCK, signals(unix.SIGPIPE, unix.SIGTTOU), &before) != nil {
		return func() {}
	}
	return func() { unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }
}

// discardSIGPIPE throws away the SIGPIPE that the kernel has sent to the calling thread, which blocks it.
func discardSIGPIPE() {
	var none unix.Timespec
	const kernelSetSize = 8 // bytes that the kernel reads of a set
	unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(signals(unix.SIGPIPE))), 0, uintptr(unsafe.Pointer(&none)), kernelSetSize, 0, 0)
}

// signals returns a set of signals with numbers up to 32.
func signals(numbers ...unix.Signal) *unix.Sigset_t {
	var set unix.Sigset_t
	for _, n := range numbers {
		set.Val[0] |= 1 << (n - 1)
	}
	return &set
}
