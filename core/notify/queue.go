package notify

import (
	"runtime"
	"sync"
	"sync/atomic"

	"luatrtmp/internal/thread"
)

// Queue holds the calls of an owner's functions that are still to be made. All methods may be called
// from any goroutine.
type Queue struct {
	thread atomic.Int64 // that makes a call; 0: none does

	mu         sync.Mutex // never held while a call runs
	pending    []func()
	delivering bool // a goroutine makes calls, or is about to
	closed     bool
	idle       *sync.Cond // delivering has become false
}

// NewQueue returns a queue without calls.
func NewQueue() *Queue {
	q := &Queue{}
	q.idle = sync.NewCond(&q.mu)
	return q
}

// Add queues a call. It may be called under any lock; Deliver or DeliverApart must follow without
// them. After Close nothing is queued.
func (q *Queue) Add(call func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.pending = append(q.pending, call)
	}
}

// Deliver makes the calls in the caller's goroutine, which must be one of the library, unless another
// goroutine is at it.
func (q *Queue) Deliver() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.delivering && len(q.pending) > 0 {
		q.deliverLocked()
	}
}

// DeliverApart makes the calls in a goroutine of its own, unless another one is at it.
func (q *Queue) DeliverApart() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.delivering && len(q.pending) > 0 {
		q.delivering = true
		go func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.deliverLocked()
		}()
	}
}

// deliverLocked makes all calls; q.mu must be held, and is released while one runs.
func (q *Queue) deliverLocked() {
	q.delivering = true
	defer func() {
		q.delivering = false
		q.idle.Broadcast()
	}()
	for len(q.pending) > 0 {
		call := q.pending[0]
		q.pending = q.pending[1:]
		q.callLocked(call)
	}
	q.pending = nil // and its memory
}

// callLocked makes a call; q.mu must be held, and is released meanwhile. The thread is noted because
// the owner's function may end the publisher, which must not wait for itself.
func (q *Queue) callLocked(call func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	id := thread.ID()
	q.thread.Store(int64(id))
	threads.enter(id)
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		threads.exit(id)
		q.thread.Store(0)
	}()
	call()
}

// Inside reports whether the caller runs in a call of the queue.
func (q *Queue) Inside() bool { return q.runsOn(thread.ID()) }

func (q *Queue) runsOn(id int) bool { return id != 0 && q.thread.Load() == int64(id) }

// Busy reports whether a call is still to be made, or is being made.
func (q *Queue) Busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.delivering || len(q.pending) > 0
}

// Settle returns, with true, when all ends are closed, all calls are made and none runs. Inside a call
// that these would have to wait for it returns at once, and false.
func (q *Queue) Settle(ends ...<-chan struct{}) bool {
	q.DeliverApart()
	id := thread.ID()
	if !threads.await(id, q) {
		return false
	}
	defer threads.awaited(id)
	for _, end := range ends {
		<-end
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.delivering {
		q.idle.Wait()
	}
	return true
}

// Close makes sure that no call is made any more, and waits for one that runs. It returns false when
// the caller is inside that, or inside one that it waits for. Close may be called again.
func (q *Queue) Close() bool {
	q.mu.Lock()
	q.closed, q.pending = true, nil
	q.mu.Unlock()
	return q.Settle()
}
