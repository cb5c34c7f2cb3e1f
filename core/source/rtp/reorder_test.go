package rtp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReorder(t *testing.T) {
	run := func(from, to int) (all []int) {
		for i := from; i <= to; i++ {
			all = append(all, i)
		}
		return all
	}
	join := func(parts ...[]int) (all []int) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for _, c := range []struct {
		name string
		in   []int // sequence numbers; -1: 100 ms pass
		want string
		lost uint64
	}{
		{"in order", run(1, 4), "1 2 3 4", 0},
		{"wrap", []int{65534, 65535, 0, 1}, "65534 65535 0 1", 0},
		{"swapped", []int{1, 3, 2, 4}, "1 2 3 4", 0},
		{"swapped over the wrap", []int{65535, 1, 0, 2}, "65535 0 1 2", 0},
		{"backwards", []int{1, 5, 4, 3, 2, 6}, "1 2 3 4 5 6", 0},
		{"duplicates", []int{1, 1, 2, 4, 4, 3, 3, 4, 5}, "1 2 3 4 5", 0},
		{"lost, and waited for", []int{1, 3, 4, -1, 5}, "1 |3 4 5", 1},
		{"two lost", []int{1, 3, 5, -1, 6}, "1 |3 |5 6", 2},
		{"late after all", []int{1, 3, -1, 2, 4}, "1 |3 4", 1},
		{"63 later than it should be", join([]int{1}, run(3, 65), []int{2}), strings.Trim(fmt.Sprint(run(1, 65)), "[]"), 0},
		{"100 lost", []int{1, 102, 103, 104}, "1 |102 103 104", 100},
		{"100 lost, swapped", []int{1, 103, 102, 104}, "1 |102 103 104", 100},
		{"a stray far ahead", []int{1, 500, 2, 3}, "1 2 3", 0},
		{"a stray far away", []int{1, 30000, 2, 3}, "1 2 3", 0},
		{"numbered anew", []int{1, 2, 40000, 40001, 40002}, "1 2 ~40000 40001 40002", 0},
		{"numbered anew, a little ahead", []int{1, 2, 5002, 5003}, "1 2 ~5002 5003", 0},
		{"numbered anew, back", []int{6001, 6002, 2, 3}, "6001 6002 ~2 3", 0},
		{"numbered anew, swapped", []int{1, 2, 40001, 40000, 40002}, "1 2 ~40000 40001 40002", 0},
		{"numbered anew with something held", []int{1, 3, 40000, 40001}, "1 |3 ~40000 40001", 1},
		{"restart", []int{1, 2, -1, -1, -1, -1, -1, -1, 40000, 40001, 40002}, "1 2 /40000 40001 40002", 0},
		{"restart with something held", []int{1, 3, -1, -1, -1, -1, -1, -1, 40000, 40001}, "1 |3 /40000 40001", 1},
		{"restart a little back", []int{400, 401, 200, 201, -1, -1, -1, -1, -1, -1, 202, 203}, "400 401 /202 203", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out []string
			r := reorder{out: func(p packet, before gap) {
				require.Equal(t, []byte{byte(p.seq)}, p.payload)
				out = append(out, []string{"", "~", "|", "/"}[before]+fmt.Sprint(p.seq))
			}}
			now := time.Duration(0)
			buf := []byte{0}
			for _, seq := range c.in {
				if seq < 0 {
					now += reorderTime
					r.tick(now)
					continue
				}
				buf[0] = byte(seq) // the buffer is used again and again
				r.push(packet{seq: uint16(seq), payload: buf, arrival: now})
			}
			require.Equal(t, c.want, strings.Join(out, " "))
			require.Equal(t, c.lost, r.lost)
			_, waits := r.deadline()
			require.False(t, waits)
		})
	}
}

func TestReorderAllocatesNothing(t *testing.T) {
	r := reorder{out: func(packet, gap) {}}
	payload := make([]byte, 1400)
	seq := uint16(0)
	cycle := func() {
		for _, d := range []uint16{1, 0, 2, 3} {
			r.push(packet{seq: seq + d, payload: payload})
		}
		seq += 4
	}
	r.push(packet{seq: 65535})
	for range 1000 {
		cycle()
	}
	require.Zero(t, testing.AllocsPerRun(1000, cycle))
}
