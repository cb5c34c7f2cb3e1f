package notify

import "sync"

// threads is the table of the threads of this process that make a call.
var threads = table{waitFor: make(map[int]*Queue)}

// table has, for each thread that makes a call, the queue that the call waits for there; nil is a call
// that waits for none.
type table struct {
	mu      sync.Mutex
	waitFor map[int]*Queue
}

// enter notes that a thread, which its goroutine is locked to, makes a call from here on.
func (t *table) enter(id int) {
	t.mu.Lock()
	t.waitFor[id] = nil
	t.mu.Unlock()
}

// exit ends enter.
func (t *table) exit(id int) {
	t.mu.Lock()
	delete(t.waitFor, id)
	t.mu.Unlock()
}

// await notes that a thread waits for q. It returns false when that would be for ever, because what q
// waits for, itself or through others, is the call that runs on this thread.
func (t *table) await(id int, q *Queue) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, inside := t.waitFor[id]; !inside {
		return true
	}
	for next := q; next != nil; {
		if next.runsOn(id) {
			return false
		}
		next = t.waitFor[int(next.thread.Load())]
	}
	t.waitFor[id] = q
	return true
}

// awaited ends await.
func (t *table) awaited(id int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, inside := t.waitFor[id]; inside {
		t.waitFor[id] = nil
	}
}
