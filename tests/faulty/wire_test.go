package faulty_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// trouble is what a network does to packets.
type trouble struct {
	loss          float64 // the part that does not arrive, on the way to the server
	delay, jitter time.Duration
	cut           bool // nothing arrives
}

// network is a network between a publisher and a server.
type network interface {
	listen(t testing.TB) *net.TCPListener // for the server
	address() string                      // where the publisher finds it
	set(trouble)
	vanish(t testing.TB, gone bool) // the server's address
}

// newNetwork returns a network of packets between two network namespaces, or where these are not allowed one of streams.
func newNetwork(t testing.TB) network {
	t.Helper()
	w, err := newWire(t)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENODEV) {
		t.Logf("a relay instead of a network namespace: %v", err)
		return newRelay(t)
	}
	require.NoError(t, err)
	return w
}

// troubled holds a trouble that may change.
type troubled struct {
	mu sync.Mutex
	trouble
}

func (s *troubled) set(now trouble) {
	s.mu.Lock()
	s.trouble = now
	s.mu.Unlock()
}

// fate reports whether a packet arrives, and when. lossy: on the way to the server.
func (s *troubled) fate(lossy bool) (arrives bool, after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.cut && !(lossy && rand.Float64() < s.loss), s.delay + time.Duration(rand.Float64()*float64(s.jitter))
}

// wire carries IP packets between this network namespace and one of its own, whose ends are two TUN devices.
type wire struct {
	troubled
	namespace    string
	device       string // in the namespace
	near, far    *os.File
	local, other string
	port         int
}

var wires atomic.Int32

func newWire(t testing.TB) (*wire, error) {
	t.Helper()
	n := wires.Add(1)
	name := fmt.Sprintf("fx%d-%d", os.Getpid(), n)
	w := &wire{namespace: name, device: name + "b", local: fmt.Sprintf("192.0.2.%d", 4*n+1), other: fmt.Sprintf("192.0.2.%d", 4*n+2)} // RFC 5737
	var err error
	if w.near, err = openTUN(name + "a"); err != nil {
		return nil, err
	}
	t.Cleanup(func() { w.near.Close() })
	if w.far, err = openTUN(w.device); err != nil {
		return nil, err
	}
	t.Cleanup(func() { w.far.Close() })
	if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Logf("ip netns add: %v: %s", err, out)
		return nil, os.ErrPermission
	}
	t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() }) //nolint:errcheck // nothing more can be done
	for _, command := range []string{
		"link set " + w.device + " netns " + name,
		"addr add " + w.local + "/30 dev " + name + "a", "link set " + name + "a up",
		"-n " + name + " addr add " + w.other + "/30 dev " + w.device, "-n " + name + " link set " + w.device + " up",
	} {
		ip(t, command)
	}
	var carriers sync.WaitGroup
	carriers.Go(func() { w.carry(w.near, w.far, true) })
	carriers.Go(func() { w.carry(w.far, w.near, false) })
	t.Cleanup(func() {
		w.near.Close()
		w.far.Close()
		carriers.Wait()
	})
	return w, nil
}

func ip(t testing.TB, arguments string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(arguments)...).CombinedOutput()
	require.NoError(t, err, "ip %s: %s", arguments, out)
}

func openTUN(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (w *wire) carry(from, to *os.File, lossy bool) {
	const largest = 64 << 10
	for buf := make([]byte, largest); ; {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		arrives, after := w.fate(lossy)
		switch {
		case !arrives:
		case after == 0:
			to.Write(buf[:n]) //nolint:errcheck // a packet may be lost
		default:
			packet := append([]byte(nil), buf[:n]...)
			time.AfterFunc(after, func() { to.Write(packet) }) //nolint:errcheck // a packet may be lost
		}
	}
}

func (w *wire) listen(t testing.TB) *net.TCPListener {
	t.Helper()
	made := make(chan error)
	var listener *net.TCPListener
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		made <- func() error {
			fd, err := unix.Open("/run/netns/"+w.namespace, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			if err = unix.Setns(fd, unix.CLONE_NEWNET); err == nil {
				listener, err = net.ListenTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(w.other)})
			}
			return err
		}()
	}()
	require.NoError(t, <-made)
	w.port = listener.Addr().(*net.TCPAddr).Port
	return listener
}

func (w *wire) address() string { return fmt.Sprintf("%s:%d", w.other, w.port) }

func (w *wire) vanish(t testing.TB, gone bool) {
	t.Helper()
	ip(t, fmt.Sprintf("-n %s addr %s %s/30 dev %s", w.namespace, map[bool]string{true: "del", false: "add"}[gone], w.other, w.device))
}
