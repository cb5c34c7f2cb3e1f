package core

import (
	"sync"
)

// callbacks has the threads that run a function of an owner, with the events for which each waits there, nil: for none.
// Functions of two owners that end each other's Publishers would wait for each other for ever.
var callbacks = struct {
	sync.Mutex
	waitFor map[int]*events
}{waitFor: make(map[int]*events)}

// beginCallback notes that a thread, which its goroutine is locked to, runs a function of an owner from here on.
func beginCallback(thread int) {
	callbacks.Lock()
	callbacks.waitFor[thread] = nil
	callbacks.Unlock()
}

func endCallback(thread int) {
	callbacks.Lock()
	delete(callbacks.waitFor, thread)
	callbacks.Unlock()
}

// await notes that a thread waits for e. It returns false when that would be for ever, because what e waits for, itself
// or through others, is the function that runs on this thread.
func (e *events) await(thread int) bool {
	callbacks.Lock()
	defer callbacks.Unlock()
	if _, inside := callbacks.waitFor[thread]; !inside || thread == 0 {
		return true
	}
	for next := e; next != nil; {
		runs := int(next.thread.Load())
		if runs == thread {
			return false
		}
		next = callbacks.waitFor[runs]
	}
	callbacks.waitFor[thread] = e
	return true
}

// awaited ends await.
func awaited(thread int) {
	callbacks.Lock()
	if _, inside := callbacks.waitFor[thread]; inside {
		callbacks.waitFor[thread] = nil
	}
	callbacks.Unlock()
}
