package main

import (
	"path/filepath"
	"strings"
)

// part is one of the things that are measured.
type part struct {
	name, what string
	do         func(*bench) error
}

// parts are all, in their order.
var parts = []part{
	{"large", "large pictures, saturated", (*bench).largeFrames},
	{"small", "small pictures, saturated", (*bench).smallFrames},
	{"clip", "a real clip, saturated", (*bench).realClip},
	{"paced", "large pictures, 30 a second", (*bench).paced},
	{"secure", "large pictures over TLS", (*bench).secure},
	{"connect", "time to PUBLISHING", (*bench).connects},
	{"latency", "latency of a picture", (*bench).latencies},
	{"memory", "memory of contexts", (*bench).memory},
	{"load", "loading and calling the library", (*bench).load},
	{"growth", "more contexts, larger pictures", (*bench).growth},
}

func partNames() string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// Sizes of pictures: large ones as of 1080p at 5 Mbit/s, small ones as of a doorbell.
const (
	largeKey, largeOther = 100_000, 20_000
	smallKey, smallOther = 8_000, 1_000
)

// scaled is n, or little of it in a quick run.
func (b *bench) scaled(n, quick int) int {
	if b.quick {
		return quick
	}
	return n
}

// makeMedia makes what is sent.
func (b *bench) makeMedia() error {
	file, size := filepath.Join(b.dir, "media", "encoded.flv"), "1920x1080"
	if b.quick {
		size = "320x180"
	}
	if err := makeClip(file, size, b.scaled(10, 1)); err != nil {
		return err
	}
	real, err := readClip(file)
	if err != nil {
		return err
	}
	pictures := int(real.duration) * 30 / 1000
	for _, m := range []struct {
		into             **content
		name             string
		clip             *clip
		pictures, inFile int
	}{
		{&b.result.largeMedia, "large", real.synthetic(largeKey, largeOther), b.scaled(9000, 300), b.scaled(3000, 300)},
		{&b.result.smallMedia, "small", real.synthetic(smallKey, smallOther), b.scaled(30000, 3000), b.scaled(9000, 300)},
		{&b.result.clipMedia, "clip", real, pictures * b.scaled(10, 2), pictures * b.scaled(3, 1)},
	} {
		if *m.into, err = b.prepare(m.name, m.clip, m.pictures, m.inFile); err != nil {
			return err
		}
	}
	b.result.real = real
	return nil
}

func (b *bench) largeFrames() (err error) {
	all, missing := present(publishers())
	b.result.missing = missing
	b.result.large, err = b.saturate(all, b.result.largeMedia, b.scaled(9, 1))
	return err
}

func (b *bench) smallFrames() (err error) {
	all, _ := present(publishers())
	b.result.small, err = b.saturate(append(all, backlog()), b.result.smallMedia, b.scaled(9, 1))
	return err
}

func (b *bench) realClip() (err error) {
	all, _ := present(publishers())
	b.result.clip, err = b.saturate(all, b.result.clipMedia, b.scaled(5, 1))
	return err
}

func (b *bench) paced() (err error) {
	all, _ := present(publishers())
	b.result.paced, err = b.pace(all, b.result.largeMedia, b.scaled(5, 1), b.scaled(60, 10))
	return err
}
