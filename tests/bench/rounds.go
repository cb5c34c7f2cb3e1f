package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"luatrtmp/tests/bench/harness"
)

// sample is what a run has cost per picture.
type sample struct {
	wall, cpu float64 // us
	switches  float64
	mallocs   float64
	sink      float64 // us of the sink's processor time
}

// row is a line of a table: all samples of a publisher.
type row struct {
	name    string
	samples []sample
}

// columns of a sample.
func wallOf(s sample) float64     { return s.wall }
func cpuOf(s sample) float64      { return s.cpu }
func switchesOf(s sample) float64 { return s.switches }
func mallocsOf(s sample) float64  { return s.mallocs }
func sinkOf(s sample) float64     { return s.sink }

// median of a column.
func (r *row) median(column func(sample) float64) float64 {
	var all []float64
	for _, s := range r.samples {
		all = append(all, column(s))
	}
	return median(all)
}

// output runs a command, with a bound, and returns what it prints.
func output(cmd *exec.Cmd) ([]byte, error) {
	var out, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	limit := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err := cmd.Wait()
	limit.Stop()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, complaints.String())
	}
	return []byte(out.String()), nil
}

// run runs a publisher once and returns what it has cost, and what the sink says of it.
func (b *bench) run(p *publisher, k *content, want string, pictures, fps int) (sample, report, error) {
	b.runs++
	stream := fmt.Sprintf("%s-%d", want, b.runs)
	url := b.sink.url(stream)
	if b.overTLS {
		url = b.sink.secureURL(stream)
	}
	out, err := output(p.command(b, k, url, pictures, fps))
	if err != nil {
		return sample{}, report{}, fmt.Errorf("%s: %w", p.name, err)
	}
	r, err := b.sink.await(stream)
	if err != nil {
		return sample{}, r, fmt.Errorf("%s: %w", p.name, err)
	}
	busy := float64(r.CPU-b.sinkCPU) / 1000 / float64(max(pictures, -pictures))
	b.sinkCPU = r.CPU
	if p.player {
		return sample{wall: float64(r.Wall) / 1000 / float64(max(pictures-1, 1)), sink: busy}, r, nil
	}
	var u harness.Usage
	if err := json.Unmarshal(out, &u); err != nil {
		return sample{}, r, fmt.Errorf("%s: %q: %w", p.name, out, err)
	}
	n := float64(u.Frames)
	return sample{float64(u.Wall) / 1000 / n, float64(u.CPU) / 1000 / n, float64(u.Switches) / n, float64(u.Mallocs) / n, busy}, r, nil
}

// count is how many pictures a publisher sends of some media.
func (p *publisher) count(k *content) int {
	if p.player {
		return k.inFile
	}
	return k.pictures
}

// whole tells what is wrong with what has arrived.
func (p *publisher) whole(k *content, r report, pictures int, summed bool) error {
	video, audio := k.sums(pictures)
	switch {
	case r.Video != uint32(pictures):
		return fmt.Errorf("%s, %s: %d of %d pictures arrived", p.name, k.name, r.Video, pictures)
	case !r.Ordered:
		return fmt.Errorf("%s, %s: timestamps went back", p.name, k.name)
	case summed && !p.looser && (r.VideoSum != video || r.AudioSum != audio):
		return fmt.Errorf("%s, %s: %d pictures and %d audio frames arrived, with other bytes than were sent (%v)", p.name, k.name, r.Video, r.Audio, r.VideoSum != video)
	}
	return nil
}

// saturate runs all publishers in interleaved rounds, as fast as they go. Before that each is checked, byte by byte.
func (b *bench) saturate(all []publisher, k *content, rounds int) ([]row, error) {
	for i := range all {
		p := &all[i]
		n := min(p.count(k), 300)
		if p.player {
			n = k.inFile
		}
		_, r, err := b.run(p, k, "check", n, 0)
		if err == nil {
			err = p.whole(k, r, n, true)
		}
		if err != nil {
			return nil, err
		}
	}
	rows := make([]row, len(all))
	for range rounds {
		for i := range all {
			p, want := &all[i], "fast"
			if p.slow {
				want = "slow"
			}
			s, r, err := b.run(p, k, want, p.count(k), 0)
			if err == nil {
				err = p.whole(k, r, p.count(k), false)
			}
			if err != nil {
				return nil, err
			}
			rows[i].name = p.name
			rows[i].samples = append(rows[i].samples, s)
		}
	}
	return rows, nil
}

// pace runs publishers at 30 pictures a second, and takes off what the same loop costs without sending.
func (b *bench) pace(all []publisher, k *content, rounds, pictures int) ([]row, error) {
	const fps = 30
	var rows []row
	for i := range all {
		if !all[i].player {
			rows = append(rows, row{name: all[i].name})
		}
	}
	for range rounds {
		idle := map[string]sample{}
		at := 0
		for i := range all {
			p := &all[i]
			if p.player {
				continue
			}
			if _, known := idle[p.host]; !known {
				s, _, err := b.run(p, k, "fast", -pictures, fps)
				if err != nil {
					return nil, err
				}
				idle[p.host] = s
			}
			s, r, err := b.run(p, k, "fast", pictures, fps)
			if err == nil {
				err = p.whole(k, r, pictures, false)
			}
			if err != nil {
				return nil, err
			}
			s.cpu = max(0, s.cpu-idle[p.host].cpu)
			s.switches = s.switches - idle[p.host].switches + 1 // the loop itself sleeps once per picture
			rows[at].samples = append(rows[at].samples, s)
			at++
		}
	}
	return rows, nil
}
