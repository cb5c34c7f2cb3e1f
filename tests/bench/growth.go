package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"luatrtmp/tests/bench/harness"
)

// curve is how a cost grows: us per picture at each x.
type curve struct {
	name string
	x, y []float64
}

func (b *bench) growth() error {
	if err := b.contextGrowth(); err != nil {
		return err
	}
	return b.sizeGrowth()
}

// contextGrowth measures large pictures over more and more contexts.
func (b *bench) contextGrowth() error {
	c := curve{name: oursC}
	counts := []int{1, 3, 10, 30, 100, 300, 1000}
	if b.quick {
		counts = []int{1, 10}
	}
	k := b.result.largeMedia
	for _, n := range counts {
		pictures := max(b.scaled(6000, 600)/n, 16)
		var all []float64
		for range b.scaled(3, 1) {
			out, err := output(b.pinned(publisherCore, b.bin("contexts"), b.sink.url("fast-growth"), k.pushed, strconv.Itoa(pictures), "0",
				strconv.Itoa(n), b.sink.url("fast-growth")))
			if err != nil {
				return err
			}
			var u harness.Usage
			if err := json.Unmarshal(out, &u); err != nil {
				return fmt.Errorf("%d contexts: %q: %w", n, out, err)
			}
			all = append(all, float64(u.Wall)/1000/float64(u.Frames))
			for range n {
				if r, err := b.sink.await("fast-growth"); err != nil || r.Video != uint32(pictures) {
					return fmt.Errorf("%d contexts: %d of %d pictures arrived: %w", n, r.Video, pictures, err)
				}
			}
		}
		c.x, c.y = append(c.x, float64(n)), append(c.y, median(all))
	}
	b.result.byContexts = []curve{c}
	return nil
}

// sizeGrowth measures pictures of more and more bytes.
func (b *bench) sizeGrowth() error {
	var some []publisher
	for _, p := range publishers() {
		if p.name == theLimit || p.name == oursC || p.name == "librtmp, chunk 60000, with scan" {
			some = append(some, p)
		}
	}
	curves := make([]curve, len(some))
	sizes := []int{300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000}
	if b.quick {
		sizes = []int{1000, 30_000}
	}
	for _, size := range sizes {
		pictures := min(b.scaled(100_000_000, 10_000_000)/size, 20_000)
		k, err := b.prepare("size", b.result.real.synthetic(size, size), pictures, 0)
		if err != nil {
			return err
		}
		rows, err := b.saturate(some, k, b.scaled(5, 1))
		if err != nil {
			return err
		}
		for i := range rows {
			curves[i].name = rows[i].name
			curves[i].x, curves[i].y = append(curves[i].x, float64(size)), append(curves[i].y, rows[i].median(wallOf))
		}
	}
	b.result.bySize = curves
	return nil
}
