package peers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
)

// Ports for the peers are below those that Linux gives to outgoing connections (32768 and up), so that no connection takes
// one between its choice and the peer's bind.
const (
	firstPort = 20000
	lastPort  = 32000
	portTries = 1000
)

var (
	portsMutex sync.Mutex
	portsGiven = map[int]bool{}
)

// freePort returns a loopback TCP port that nobody listens on, another one each time.
func freePort(t testing.TB) int {
	t.Helper()

	portsMutex.Lock()
	defer portsMutex.Unlock()

	for range portTries {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if portsGiven[port] {
			continue
		}

		ln, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		ln.Close()
		portsGiven[port] = true

		return port
	}

	t.Fatalf("peers: no free port from %d to %d", firstPort, lastPort)
	return 0
}

func loopback(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// listening reports whether somebody listens on a loopback port. It does not connect: some peers serve one connection only.
func listening(port int) bool {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return false
	}

	// "sl: local_address rem_address st ..."; addresses in the machine's byte order, 0A is LISTEN.
	local := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(string(table)) {
		field := strings.Fields(line)
		if len(field) > 3 && field[3] == "0A" && strings.HasSuffix(field[1], local) {
			return true
		}
	}

	return false
}
