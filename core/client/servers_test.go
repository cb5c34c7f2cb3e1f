package client

import (
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is remembered of servers is bounded, and publishers that share a server do not disturb each other.
func TestMemoryIsBounded(t *testing.T) {
	var f Servers
	want := server{variant: digestFirstVariant, settled: true}
	for i := range 1000 {
		f.set(net.JoinHostPort("h", strconv.Itoa(i)), want)
		require.LessOrEqual(t, len(f.known), maxServers)
	}
	require.Equal(t, want, f.get("h:999"))
	require.Zero(t, f.get("h:1"))

	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				f.learn("a", plan{}, nil)
				f.get("a")
			}
		})
	}
	all.Wait()
}
