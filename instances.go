package main

import (
	"fmt"
	"log/slog"
	"os"
	"sync"

	"luatrtmp/core"
)

// instance is what stands behind one rtmp_ctx_t.
type instance struct {
	address   uintptr // of the rtmp_ctx_t: a copied or moved struct is not the context
	publisher *core.Publisher

	mu        sync.Mutex
	callError error
}

// instances finds the instance of a handle. C holds nothing but the number, so that a stale or a made-up context is
// found out.
var instances = struct {
	sync.RWMutex
	last uint64
	live map[uint64]*instance
}{live: make(map[uint64]*instance)}

func register(address uintptr) (handle uint64) {
	i := &instance{address: address, publisher: core.New(logger())}
	instances.Lock()
	defer instances.Unlock()
	instances.last++
	instances.live[instances.last] = i
	return instances.last
}

func find(handle uint64, address uintptr) *instance {
	instances.RLock()
	defer instances.RUnlock()
	if i := instances.live[handle]; i != nil && i.address == address {
		return i
	}
	return nil
}

// unregister returns the instance to the one caller that ends it.
func unregister(handle uint64, address uintptr) *instance {
	instances.Lock()
	defer instances.Unlock()
	i := instances.live[handle]
	if i == nil || i.address != address {
		return nil
	}
	delete(instances.live, handle)
	return i
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
	errNull = fmt.Errorf("%w: NULL or empty", core.ErrInvalid)
	errMany = fmt.Errorf("%w: more than %d buffers", core.ErrOverflow, maxBuffers)
	errHuge = fmt.Errorf("%w: more than %d bytes", core.ErrOverflow, maxInput)
)

// checkCodec accepts the one codec that can be sent, and no name at all.
func checkCodec(name, known string) error {
	if name == "" || name == known {
		return nil
	}
	return fmt.Errorf("%w: codec %q is not supported by this version; it sends %q", core.ErrInvalid, name, known)
}

// logger writes to stderr what nobody has to handle. RTMP_LOG chooses how much: debug, info, warn (default), error, off.
var logger = sync.OnceValue(func() *slog.Logger {
	var level slog.Level
	switch name := os.Getenv("RTMP_LOG"); name {
	case "off":
		return slog.New(slog.DiscardHandler)
	case "":
		level = slog.LevelWarn
	default:
		if level.UnmarshalText([]byte(name)) != nil {
			level = slog.LevelWarn
		}
	}
	plain := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: plain})).With("lib", "rtmp")
})
