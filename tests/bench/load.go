package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// loading is what the library costs before it does anything.
type loading struct {
	fileMB                   float64
	loadMS, readyMS, require float64 // ms: dlopen; until the first call has returned; require from Lua
	residentMB               float64
	callC, callLua           float64 // ns
}

func (b *bench) load() error {
	library := b.file("build/rtmp.so")
	info, err := os.Stat(library)
	if err != nil {
		return err
	}
	var load, ready, bytes, require, callC, callLua []float64
	calls := strconv.Itoa(b.scaled(1_000_000, 100_000))
	for range b.scaled(15, 2) {
		var l struct {
			Load  float64 `json:"load_ns"`
			Ready float64 `json:"ready_ns"`
			Bytes float64
			NS    float64
		}
		if err := b.measure(&l, b.bin("load"), library); err != nil {
			return err
		}
		load, ready, bytes = append(load, l.Load), append(ready, l.Ready), append(bytes, l.Bytes)
		if err := b.measure(&l, b.bin("calls"), calls); err != nil {
			return err
		}
		callC = append(callC, l.NS)
		if err := b.measure(&l, "lua5.3", b.file("tests/bench/lua/calls.lua"), calls); err != nil {
			return err
		}
		require, callLua = append(require, l.Load), append(callLua, l.NS)
	}
	b.result.loading = &loading{
		fileMB: float64(info.Size()) / 1e6, loadMS: median(load) / 1e6, readyMS: median(ready) / 1e6, require: median(require) / 1e6,
		residentMB: median(bytes) / 1e6, callC: median(callC), callLua: median(callLua),
	}
	return nil
}

// measure runs a program and decodes what it prints.
func (b *bench) measure(into any, program string, args ...string) error {
	cmd := b.pinned(publisherCore, program, args...)
	cmd.Env = b.luaEnvironment()
	out, err := output(cmd)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("%s: %q: %w", program, out, err)
	}
	return nil
}
