package main

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"luatrtmp/core"
	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/stderrlog"
)

// instance is what stands behind one rtmp_ctx_t.
type instance struct {
	handle    uint64 // what is in the rtmp_ctx_t
	publisher *core.Publisher
	log       *slog.Logger
	stream    *stderrlog.Stream // which log writes to
	once      sync.Once         // for leave

	mu        sync.Mutex
	callError error
}

// instances finds the instance of a context by the address: no two contexts have the same, and a copied struct is not
// the context. The handle reports whether the memory at that address is still what rtmp_init made of it. It is read and
// written under the lock only.
var instances = struct {
	sync.RWMutex
	last    uint64
	live    map[uintptr]*instance
	ending  map[uintptr][]*instance       // from the call that ends them until their last callback has returned
	leaving map[*instance]<-chan struct{} // from then on until their goodbye is over, which closes the channel
}{live: make(map[uintptr]*instance), ending: make(map[uintptr][]*instance), leaving: make(map[*instance]<-chan struct{})}

// register puts a new instance behind the context at an address. It returns false when a living one is there. What was
// initialised there and then overwritten, without an rtmp_deinit, is ended first: it would call back with the address of
// a context that is not its own.
func register(address uintptr, handle *uint64) bool {
	stream := theLog().Stream()
	log := slog.New(stream)
	i := &instance{publisher: core.New(log), log: log, stream: stream}
	stream.SetName(i.publisher.Name)
	for {
		instances.Lock()
		old := instances.live[address]
		if old == nil {
			instances.last++
			i.handle, *handle = instances.last, instances.last
			instances.live[address] = i
			instances.Unlock()
			return true
		}
		living := old.handle == *handle
		instances.Unlock()
		if living {
			return false
		}
		end(address, handle)
	}
}

// find returns the living instance of a context.
func find(address uintptr, handle *uint64) *instance {
	instances.RLock()
	defer instances.RUnlock()
	if i := instances.live[address]; i != nil && i.handle == *handle {
		return i
	}
	return nil
}

// end ends what is behind an address. When it returns no callback of it runs, but for one that the caller is in: several
// callers may end the same context, and all of them wait for that. The goodbyes go on; what is returned is closed when they
// are over.
func end(address uintptr, handle *uint64) (goodbyes []<-chan struct{}) {
	instances.Lock()
	if i := instances.live[address]; i != nil {
		*handle = 0
		delete(instances.live, address)
		instances.ending[address] = append(instances.ending[address], i)
	}
	ending := slices.Clone(instances.ending[address])
	instances.Unlock()
	for _, i := range ending {
		over, settled := i.publisher.Leave()
		i.once.Do(func() { leave(i, over) })
		if !settled { // the caller's own callback
			go func() {
				i.publisher.Close()
				ended(address, i)
			}()
			continue
		}
		ended(address, i)
		goodbyes = append(goodbyes, over)
	}
	return goodbyes
}

// leave keeps an instance in mind until its goodbye is over.
func leave(i *instance, over <-chan struct{}) {
	instances.Lock()
	instances.leaving[i] = over
	instances.Unlock()
	go func() {
		<-over
		instances.Lock()
		delete(instances.leaving, i)
		instances.Unlock()
		i.stream.Close()
	}()
}

// ended forgets an instance whose last callback has returned.
func ended(address uintptr, i *instance) {
	instances.Lock()
	defer instances.Unlock()
	rest := slices.DeleteFunc(instances.ending[address], func(e *instance) bool { return e == i })
	if len(rest) == 0 {
		delete(instances.ending, address)
		return
	}
	instances.ending[address] = rest
}

// call runs f, and keeps its error.
func (i *instance) call(f func(*instance) error) (err error) {
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

func (i *instance) lastCallError() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.callError
}

const (
	maxInput   = core.MaxFrame + 1<<20 // bytes that are looked at: parameter sets may stand beside the largest frame
	maxBuffers = 4096                  // of one access unit
)

var (
	errDead = fmt.Errorf("%w: the context is not initialised, or released: rtmp_init() makes a new one", rtmperr.ErrInvalid)
	errNull = fmt.Errorf("%w: NULL or empty", rtmperr.ErrInvalid)
	errMany = fmt.Errorf("%w: more than %d buffers", rtmperr.ErrOverflow, maxBuffers)
	errHuge = fmt.Errorf("%w: more than %d bytes", rtmperr.ErrOverflow, maxInput)
)
