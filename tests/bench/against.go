package main

import (
	"fmt"
	"strings"
)

// againstTable is one kind of media, sent by this library and by an earlier build of it.
type againstTable struct {
	title  string
	column func(sample) float64
	rows   []row
}

// comparison is what is measured with -against instead of all else.
var comparison = []part{{"against", "this library and an earlier build of it", (*bench).against}}

const againstRounds = 15

// against runs the C publisher with this library and with an earlier one, in interleaved rounds. The
// earlier one runs twice in each round: by how much it differs from itself is what the machine's
// noise amounts to, and a ratio within that says nothing.
func (b *bench) against() error {
	r := &b.result
	now := publisher{name: oursC, ours: true, host: "C", args: ours}
	was := now
	was.name, was.env = "the earlier build", []string{"LD_LIBRARY_PATH=" + b.earlier}
	again := was
	again.name = "the earlier build, again"
	all := []publisher{now, was, again}

	rounds := b.scaled(againstRounds, 1)
	rows, err := b.saturate(all, r.largeMedia, rounds)
	if err != nil {
		return err
	}
	r.against = append(r.against, againstTable{"large frames, saturated: wall us", wallOf, rows})
	if rows, err = b.saturate(all, r.smallMedia, rounds); err != nil {
		return err
	}
	r.against = append(r.against, againstTable{"small frames, saturated: wall us", wallOf, rows})
	behind := make([]publisher, len(all))
	for i, p := range all {
		behind[i] = p
		behind[i].slow, behind[i].args = true, oursWithBacklog
	}
	if rows, err = b.saturate(behind, r.smallMedia, rounds); err != nil {
		return err
	}
	r.against = append(r.against, againstTable{"small frames with a backlog: CPU us", cpuOf, rows})
	if rows, err = b.pace(all, r.largeMedia, rounds, b.scaled(60, 10)); err != nil {
		return err
	}
	r.against = append(r.against, againstTable{"large frames, 30 a second: CPU us, net of the loop", cpuOf, rows})
	b.overTLS = true
	defer func() { b.overTLS = false }()
	k, err := b.prepare("secure", r.real.synthetic(largeKey, largeOther), b.scaled(3000, 300), 0)
	if err != nil {
		return err
	}
	if rows, err = b.saturate(all, k, rounds); err != nil {
		return err
	}
	r.against = append(r.against, againstTable{"large frames over TLS: wall us", wallOf, rows})
	return nil
}

func (r *result) againstTables(b *strings.Builder) {
	for _, t := range r.against {
		base := t.rows[1].median(t.column)
		var lines [][]string
		for i := range t.rows {
			us := t.rows[i].median(t.column)
			lines = append(lines, []string{t.rows[i].name, number(us), ratio(us / base)})
		}
		table(b, "Against an earlier build, "+t.title, []string{"library", "a frame", "x the earlier build"}, lines)
	}
	if len(r.against) > 0 {
		fmt.Fprintf(b, "Accepted: at most %.2f, or within what the earlier build differs from itself.\n\n", mostAgainst)
	}
}
