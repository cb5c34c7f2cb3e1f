package main

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// memoryRow is a line of the table of memory: kB per context, for each number of contexts.
type memoryRow struct {
	name string
	kB   []float64
}

// memoryCounts are the numbers of contexts.
func (b *bench) memoryCounts() []int {
	if b.quick {
		return []int{1, 100}
	}
	return []int{1, 100, 1000, 10000}
}

func (b *bench) memory() error {
	for _, m := range []struct{ name, what string }{
		{"created", "created"},
		{"publishing, nothing sent", "publishing"},
		{"publishing, a group of small pictures sent", "sent"},
	} {
		row := memoryRow{name: m.name}
		for _, n := range b.memoryCounts() {
			bytes, err := b.resident(b.bin("memory"), b.sink.url("fast-memory"), b.result.smallMedia.pushed, strconv.Itoa(n), m.what)
			if err != nil {
				return fmt.Errorf("%d contexts, %s: %w", n, m.name, err)
			}
			row.kB = append(row.kB, bytes/1000/float64(n))
		}
		b.result.memory = append(b.result.memory, row)
	}
	row := memoryRow{name: "librtmp, publishing, nothing sent"}
	for _, n := range b.memoryCounts() {
		if n > 1000 {
			break
		}
		bytes, err := b.resident(b.bin("librtmp_connect"), b.sink.url("fast-memory"), strconv.Itoa(n), "hold")
		if err != nil {
			return err
		}
		row.kB = append(row.kB, bytes/1000/float64(n))
	}
	b.result.memory = append(b.result.memory, row)
	b.sink.skip()
	return nil
}

// resident runs a program that prints by how much its memory grew.
func (b *bench) resident(program string, args ...string) (bytes float64, err error) {
	out, err := output(b.pinned(publisherCore, program, args...))
	if err != nil {
		return 0, err
	}
	var grown struct{ Bytes float64 }
	if err := json.Unmarshal(out, &grown); err != nil {
		return 0, fmt.Errorf("%s: %q: %w", program, out, err)
	}
	return grown.Bytes, nil
}
