package main

import (
	"fmt"
	"math"
	"strings"
)

const (
	margin    = 24.0
	labels    = 250.0 // room for names
	rowHeight = 21.0
	panel     = 460.0 // width of a panel's drawing
	gap       = 120.0
)

// plot draws what was measured: bars per publisher on the left, growth on the right.
func (r *result) plot() string {
	left := []struct {
		title string
		rows  []row
		value func(sample) float64
	}{
		{"Large pictures, saturated: us per picture", r.large, wallOf},
		{"Small pictures, saturated: us per picture", r.small, wallOf},
		{"A real 1080p30 clip, saturated: us per picture", r.clip, wallOf},
		{"30 large pictures a second: CPU us per picture", r.paced, cpuOf},
	}
	height := margin
	for _, l := range left {
		if len(l.rows) > 0 {
			height += float64(len(l.rows))*rowHeight + 70
		}
	}
	s := newSVG(margin+labels+panel+gap+40+panel+2*margin, math.Max(height, 2*360+margin))
	y := margin
	for _, l := range left {
		if len(l.rows) > 0 {
			y = s.bars(margin, y, l.title, l.rows, l.value)
		}
	}
	x := margin + labels + panel + gap
	s.curves(x, margin, "Growth with the size of pictures: us per picture", "bytes", r.bySize)
	s.curves(x, margin+360, "Growth with contexts: us per large picture", "contexts", r.byContexts)
	return s.String()
}

// bars draws a bar for each publisher, and returns where the next drawing may begin.
func (s *svg) bars(x, y float64, title string, rows []row, value func(sample) float64) float64 {
	least, most := math.Inf(1), 0.0
	for i := range rows {
		v := math.Max(rows[i].median(value), 0.01)
		least, most = math.Min(least, v), math.Max(most, v)
	}
	s.text(x, y+14, "start", ink, bold, title)
	y += 30
	bottom := y + float64(len(rows))*rowHeight
	axis := scale{least / 2, most * 1.5, x + labels, x + labels + panel}
	for _, t := range axis.ticks() {
		s.line(axis.at(t), y-4, axis.at(t), bottom, faint, 1)
		s.text(axis.at(t), bottom+14, "middle", muted, "", trimmed(t))
	}
	limit := of(rows, theLimit).median(value)
	for i := range rows {
		v := math.Max(rows[i].median(value), 0.01)
		base := limit
		if rows[i].name == oursBehind { // as in the table
			v, base = rows[i].median(cpuOf), of(rows, theLimit).median(cpuOf)
		}
		colour, style := other, ""
		switch {
		case rows[i].name == theLimit:
			colour = mark
		case strings.HasPrefix(rows[i].name, "this library"):
			colour, style = accent, ` font-weight="bold"`
		}
		at := y + float64(i)*rowHeight
		s.text(axis.begin-8, at+14, "end", ink, style, rows[i].name)
		s.rect(axis.begin, at+3, axis.at(v)-axis.begin, rowHeight-7, colour)
		s.text(axis.at(v)+6, at+14, "start", muted, "", fmt.Sprintf("%s  (%s x)", number(v), ratio(v/base)))
	}
	s.line(axis.at(limit), y-4, axis.at(limit), bottom, mark, 1)
	return bottom + 40
}

// curves draws how costs grow, both axes logarithmic.
func (s *svg) curves(x, y float64, title, unit string, all []curve) {
	if len(all) == 0 {
		return
	}
	const height = 260.0
	s.text(x, y+14, "start", ink, bold, title)
	lowX, highX, lowY, highY := math.Inf(1), 0.0, math.Inf(1), 0.0
	for _, c := range all {
		for i := range c.x {
			lowX, highX = math.Min(lowX, c.x[i]), math.Max(highX, c.x[i])
			lowY, highY = math.Min(lowY, c.y[i]), math.Max(highY, c.y[i])
		}
	}
	top := y + 30
	across := scale{lowX, highX, x + 40, x + 40 + panel}
	up := scale{lowY / 2, highY * 2, top + height, top}
	for _, t := range across.ticks() {
		s.line(across.at(t), top, across.at(t), top+height, faint, 1)
		s.text(across.at(t), top+height+16, "middle", muted, "", trimmed(t))
	}
	for _, t := range up.ticks() {
		s.line(across.begin, up.at(t), across.end, up.at(t), faint, 1)
		s.text(across.begin-8, up.at(t)+4, "end", muted, "", trimmed(t))
	}
	s.text(across.end, top+height+32, "end", muted, "", unit)
	for i, c := range all {
		colour := other
		switch {
		case c.name == theLimit:
			colour = mark
		case strings.HasPrefix(c.name, "this library"):
			colour = accent
		}
		var xs, ys []float64
		for j := range c.x {
			xs, ys = append(xs, across.at(c.x[j])), append(ys, up.at(c.y[j]))
		}
		s.path(xs, ys, colour)
		key := top + 16 + float64(i)*18
		s.rect(across.begin+14, key-9, 14, 9, colour)
		s.text(across.begin+34, key, "start", ink, "", c.name)
	}
}

// trimmed writes a power of ten.
func trimmed(v float64) string {
	if v < 1 {
		return strings.TrimRight(fmt.Sprintf("%.3f", v), "0")
	}
	return fmt.Sprintf("%.0f", v)
}
