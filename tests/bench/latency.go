package main

import (
	"fmt"
	"strconv"
)

// latencyRow is a line of the table of latencies: from the call that sends a picture to its last byte at the sink, in us.
type latencyRow struct {
	name     string
	p50, p99 float64
}

// latencies measures pictures of one stream at 30 a second, alone, and beside 99 others.
func (b *bench) latencies() error {
	pictures := b.scaled(100, 10)
	k := b.result.largeMedia
	for _, m := range []struct {
		name string
		args []string
	}{
		{theLimit, []string{b.bin("limit"), "URL", k.wire, strconv.Itoa(pictures), "30", "stamp"}},
		{oursC, []string{b.bin("contexts"), "URL", k.pushed, strconv.Itoa(pictures), "30", "1", "-"}},
		{oursC + ", 100 contexts", []string{b.bin("contexts"), "URL", k.pushed, strconv.Itoa(pictures), "30", "100", b.sink.url("fast-others")}},
	} {
		b.runs++
		stream := fmt.Sprintf("latency-%d", b.runs)
		m.args[1] = b.sink.url(stream)
		if _, err := output(b.pinned(publisherCore, m.args[0], m.args[1:]...)); err != nil {
			return err
		}
		r, err := b.sink.await(stream)
		if err != nil {
			return err
		}
		if r.Video != uint32(pictures) || r.P50 <= 0 {
			return fmt.Errorf("%s: %d of %d pictures arrived, latency %d ns", m.name, r.Video, pictures, r.P50)
		}
		b.result.latencies = append(b.result.latencies, latencyRow{m.name, float64(r.P50) / 1000, float64(r.P99) / 1000})
	}
	b.sink.skip()
	return nil
}
