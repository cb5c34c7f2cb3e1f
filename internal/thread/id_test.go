package thread

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Threads that live at the same time have different numbers, which stay what they are.
func TestID(t *testing.T) {
	const threads = 8
	ids, done := make(chan int), make(chan struct{})
	for range threads {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ids <- ID()
			<-done
			ids <- ID()
		}()
	}
	seen := map[int]bool{}
	for range threads {
		seen[<-ids] = true
	}
	require.Len(t, seen, threads)
	require.NotContains(t, seen, 0)
	close(done)
	for range threads {
		delete(seen, <-ids)
	}
	require.Empty(t, seen)
}
