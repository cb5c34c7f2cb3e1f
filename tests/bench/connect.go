package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// roundTrip is that of the slow link, and oneWay half of it.
const (
	roundTrip = 20 * time.Millisecond
	oneWay    = roundTrip / 2
)

// connectRow is a line of the table of connection times.
type connectRow struct {
	name               string
	near50, near99     float64 // us
	far50, far99       float64 // us, over the slow link
	roundTrips         float64 // the fewest over the slow link, TCP's own included
	nearKnown, farOnly bool
}

// dialler is a program that connects so many times.
type dialler struct {
	name string
	args []string
}

func (b *bench) diallers() []dialler {
	return []dialler{
		{oursC, []string{b.bin("ours_connect")}},
		{oursGo, []string{b.bin("publisher"), "connect"}},
		{"librtmp", []string{b.bin("librtmp_connect")}},
	}
}

// connects measures the time to PUBLISHING here and over the slow link.
func (b *bench) connects() error {
	count := b.scaled(200, 10)
	for _, d := range b.diallers() {
		near, err := b.dial(d, b.sink.url("fast-connect"), count)
		if err != nil {
			return err
		}
		b.result.connects = append(b.result.connects, connectRow{name: d.name, near50: percentile(near, 50), near99: percentile(near, 99), nearKnown: true})
	}
	for i, d := range b.diallers() {
		row := &b.result.connects[i]
		err := b.overRelay(func(address string) error {
			far, err := b.dialAtOnce(d, "rtmp://"+address+"/bench/fast-connect", count)
			row.far50, row.far99 = percentile(far, 50), percentile(far, 99)
			return err
		}, &row.roundTrips)
		if err != nil {
			return err
		}
	}
	player := connectRow{name: "ffmpeg -c copy", farOnly: true}
	err := b.overRelay(func(address string) error {
		for range b.scaled(3, 1) {
			_, err := output(b.pinned(publisherCore, "ffmpeg", "-nostdin", "-v", "error", "-t", "0.2", "-i", b.result.smallMedia.flv,
				"-c", "copy", "-f", "flv", "rtmp://"+address+"/bench/fast-connect"))
			if err != nil {
				return err
			}
		}
		return nil
	}, &player.roundTrips)
	b.result.connects = append(b.result.connects, player)
	b.sink.skip()
	return err
}

// overRelay calls f with the address of a slow link to the sink, and finds how many round trips connecting over it took, at
// the least: what else takes time is none.
func (b *bench) overRelay(f func(address string) error, roundTrips *float64) error {
	r, err := startRelay(b.sink.address, oneWay)
	if err != nil {
		return err
	}
	defer r.listener.Close()
	if err := f(r.listener.Addr().String()); err != nil {
		return err
	}
	took := r.taken()
	if len(took) == 0 {
		return errors.New("no connection over the slow link was accepted")
	}
	*roundTrips = 1 + slices.Min(took)*float64(time.Millisecond)/float64(roundTrip)
	return nil
}

// dialAtOnce is dial over a link that makes everybody wait: several programs share the work.
func (b *bench) dialAtOnce(d dialler, url string, count int) (all []int64, err error) {
	const programs = 5
	var mu sync.Mutex
	var running sync.WaitGroup
	for range programs {
		running.Go(func() {
			took, failed := b.dial(d, url, count/programs)
			mu.Lock()
			defer mu.Unlock()
			all, err = append(all, took...), errors.Join(err, failed)
		})
	}
	running.Wait()
	return all, err
}

// dial runs a program that connects, and returns how long it took each time, in ns.
func (b *bench) dial(d dialler, url string, count int) ([]int64, error) {
	args := append(d.args[1:len(d.args):len(d.args)], url, strconv.Itoa(count))
	out, err := output(b.pinned(publisherCore, d.args[0], args...))
	if err != nil {
		return nil, err
	}
	var took struct {
		Connect []int64 `json:"connect_ns"`
	}
	if err := json.Unmarshal(out, &took); err != nil {
		return nil, fmt.Errorf("%s: %q: %w", d.name, out, err)
	}
	return took.Connect, nil
}
