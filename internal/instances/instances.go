package instances

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"luatrtmp/core"
	"luatrtmp/internal/stderrlog"
)

// Instance is what stands behind one rtmp_ctx_t.
type Instance struct {
	Publisher *core.Publisher
	Log       *slog.Logger

	handle uint64            // what is in the rtmp_ctx_t
	stream *stderrlog.Stream // which Log writes to
	once   sync.Once         // for leave

	mu        sync.Mutex
	callError error
}

// Table finds the instance of a context by the address: no two contexts have the same, and a copied struct is not the
// context. The handle reports whether the memory at that address is still what Register made of it. It is read and written
// under the lock only.
type Table struct {
	log      *stderrlog.Log
	goodbyes patience

	mu      sync.RWMutex
	last    uint64
	live    map[uintptr]*Instance
	ending  map[uintptr][]*Instance       // from the call that ends them until their last callback has returned
	leaving map[*Instance]<-chan struct{} // from then on until their goodbye is over, which closes the channel
}

// New returns a table whose instances write to a log.
func New(log *stderrlog.Log) *Table {
	return &Table{
		log:     log,
		live:    make(map[uintptr]*Instance),
		ending:  make(map[uintptr][]*Instance),
		leaving: make(map[*Instance]<-chan struct{}),
	}
}

// Len returns how many instances there are of which something is left.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.live) + len(t.ending) + len(t.leaving)
}

// Register puts a new instance behind the context at an address. It returns false when a living one is there. What was
// initialised there and then overwritten, without an rtmp_deinit, is ended first: it would call back with the address of
// a context that is not its own.
func (t *Table) Register(address uintptr, handle *uint64) bool {
	stream := t.log.Stream()
	log := slog.New(stream)
	i := &Instance{Publisher: core.New(log), Log: log, stream: stream}
	stream.SetName(i.Publisher.Name)
	for {
		t.mu.Lock()
		old := t.live[address]
		if old == nil {
			t.last++
			i.handle, *handle = t.last, t.last
			t.live[address] = i
			t.mu.Unlock()
			return true
		}
		living := old.handle == *handle
		t.mu.Unlock()
		if living {
			return false
		}
		t.End(address, handle)
	}
}

// Find returns the living instance of a context, nil if it is not alive.
func (t *Table) Find(address uintptr, handle *uint64) *Instance {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if i := t.live[address]; i != nil && i.handle == *handle {
		return i
	}
	return nil
}

// End ends what is behind an address. When it returns no callback of it runs, but for one that the caller is in: several
// callers may end the same context, and all of them wait for that. The goodbyes go on; what is returned is closed when they
// are over.
func (t *Table) End(address uintptr, handle *uint64) (goodbyes []<-chan struct{}) {
	t.mu.Lock()
	if i := t.live[address]; i != nil {
		*handle = 0
		delete(t.live, address)
		t.ending[address] = append(t.ending[address], i)
	}
	ending := slices.Clone(t.ending[address])
	t.mu.Unlock()
	for _, i := range ending {
		over, settled := i.Publisher.Leave()
		i.once.Do(func() { t.leave(i, over) })
		if !settled { // the caller's own callback
			go func() {
				i.Publisher.Close()
				t.ended(address, i)
			}()
			continue
		}
		t.ended(address, i)
		goodbyes = append(goodbyes, over)
	}
	return goodbyes
}

// leave keeps an instance in mind until its goodbye is over.
func (t *Table) leave(i *Instance, over <-chan struct{}) {
	t.mu.Lock()
	t.leaving[i] = over
	t.mu.Unlock()
	go func() {
		<-over
		t.mu.Lock()
		delete(t.leaving, i)
		t.mu.Unlock()
		i.stream.Close()
	}()
}

// ended forgets an instance whose last callback has returned.
func (t *Table) ended(address uintptr, i *Instance) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rest := slices.DeleteFunc(t.ending[address], func(e *Instance) bool { return e == i })
	if len(rest) == 0 {
		delete(t.ending, address)
		return
	}
	t.ending[address] = rest
}

// Call runs f, and keeps its error. A panic would end the host: it becomes an error.
func (i *Instance) Call(f func(*Instance) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %v", r)
		}
		if err != nil {
			i.mu.Lock()
			i.callError = err
			i.mu.Unlock()
		}
	}()
	return f(i)
}

// LastCallError returns the last error that Call has returned.
func (i *Instance) LastCallError() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.callError
}
