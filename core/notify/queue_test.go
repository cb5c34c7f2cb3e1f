package notify

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds the wait for what comes at once if it comes at all.
const patience = 10 * time.Second

// inTime fails the test if f does not return.
func inTime(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		require.FailNow(t, "it does not return")
	}
}

// Calls are never made by two goroutines at once, and in order.
func TestCallsInOrder(t *testing.T) {
	q := NewQueue()
	var got []int
	running := false
	var mu sync.Mutex
	next := 0
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 100 {
				mu.Lock()
				next++
				number := next
				q.Add(func() {
					require.False(t, running)
					running = true
					got = append(got, number)
					running = false
				})
				mu.Unlock()
				if i%2 == 0 {
					q.Deliver()
				} else {
					q.DeliverApart()
				}
			}
		})
	}
	all.Wait()
	require.True(t, q.Settle())
	require.Len(t, got, 800)
	for i, n := range got {
		require.Equal(t, i+1, n)
	}
	require.False(t, q.Busy())
}

// Settle waits for the ends and for all calls, Close only for the call that runs; after it none is made.
func TestSettleAndCloseWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue()
		calls := 0
		slow := func() { time.Sleep(time.Minute); calls++ }
		end := make(chan struct{})
		began := time.Now()
		q.Add(slow)
		q.Add(slow)
		time.AfterFunc(time.Hour, func() { q.Add(slow); q.DeliverApart(); close(end) })
		require.True(t, q.Settle(end))
		require.Equal(t, 3, calls, "the end came with another call")
		require.Equal(t, time.Hour+time.Minute, time.Since(began))

		q.Add(slow)
		q.Add(slow)
		q.DeliverApart()
		synctest.Wait()
		require.True(t, q.Busy())
		require.True(t, q.Close())
		require.Equal(t, 4, calls)
		q.Add(slow)
		require.False(t, q.Busy())
		require.True(t, q.Close())
	})
}

// A call may settle and close its own queue, and may add to it.
func TestCallsFromInside(t *testing.T) {
	q := NewQueue()
	var got []bool
	require.False(t, q.Inside())
	q.Add(func() {
		got = append(got, q.Inside(), q.Settle(make(chan struct{})))
		q.Add(func() { got = append(got, q.Close()) })
	})
	inTime(t, q.Deliver)
	require.Equal(t, []bool{true, false, false}, got)
	require.True(t, q.Settle())
	require.False(t, q.Inside())
}

// Calls of several queues that settle each other, in a ring, at once: none waits for ever, and all but
// as many as there are rings do wait.
func TestRingOfCalls(t *testing.T) {
	for n := 2; n <= 5; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			queues := make([]*Queue, n)
			for i := range queues {
				queues[i] = NewQueue()
			}
			var inside sync.WaitGroup
			inside.Add(n)
			settled := make(chan bool, n)
			for i, q := range queues {
				q.Add(func() {
					inside.Done()
					inside.Wait()
					settled <- queues[(i+1)%n].Settle()
				})
			}
			for _, q := range queues {
				q.DeliverApart()
			}
			inTime(t, func() {
				for _, q := range queues {
					require.True(t, q.Settle())
				}
			})
			refused := 0
			for range n {
				if !<-settled {
					refused++
				}
			}
			require.Equal(t, 1, refused)
			require.Empty(t, threads.waitFor)
		})
	}
}

// A call that panics leaves a queue that can be used and closed.
func TestPanic(t *testing.T) {
	q := NewQueue()
	q.Add(func() { panic("a fault of the owner's") })
	called := false
	q.Add(func() { called = true })
	require.Panics(t, q.Deliver)
	require.False(t, q.Inside())
	require.True(t, q.Settle())
	require.True(t, called)
	require.Empty(t, threads.waitFor)
}
