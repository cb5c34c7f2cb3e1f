package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// svg is a drawing.
type svg struct {
	strings.Builder
	width, height float64
}

// Colours that are told apart in greyscale and by those who see no red or green.
const (
	ink    = "#1f2933"
	faint  = "#d9dee4"
	muted  = "#6b7785"
	accent = "#0b6fb8" // this library
	other  = "#a9b4c0"
	mark   = "#d9822b" // the limit
)

func newSVG(width, height float64) *svg {
	s := &svg{width: width, height: height}
	fmt.Fprintf(s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="Helvetica, Arial, sans-serif" font-size="12">`+"\n",
		width, height)
	s.rect(0, 0, width, height, "#ffffff")
	return s
}

func (s *svg) String() string { return s.Builder.String() + "</svg>\n" }

func (s *svg) rect(x, y, w, h float64, fill string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, w, h, fill)
}

func (s *svg) line(x1, y1, x2, y2 float64, colour string, width float64) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"/>`+"\n", x1, y1, x2, y2, colour, width)
}

// text writes a text; anchor is start, middle or end.
func (s *svg) text(x, y float64, anchor, colour, style, text string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text)) // a Builder does not fail
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s"%s>%s</text>`+"\n", x, y, anchor, colour, style, escaped.String())
}

const bold = ` font-weight="bold" font-size="14"`

// path draws points as a line with dots.
func (s *svg) path(xs, ys []float64, colour string) {
	var points []string
	for i := range xs {
		points = append(points, fmt.Sprintf("%.1f,%.1f", xs[i], ys[i]))
	}
	fmt.Fprintf(s, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colour)
	for i := range xs {
		fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", xs[i], ys[i], colour)
	}
}

// scale maps values to places, logarithmically.
type scale struct{ from, to, begin, end float64 }

func (l scale) at(v float64) float64 {
	return l.begin + (math.Log(v)-math.Log(l.from))/(math.Log(l.to)-math.Log(l.from))*(l.end-l.begin)
}

// ticks are the powers of ten within the scale; where there are few, with 2 and 5 times them.
func (l scale) ticks() (all []float64) {
	steps := []float64{1}
	if l.to/l.from < 300 {
		steps = []float64{1, 2, 5}
	}
	for v := math.Pow(10, math.Floor(math.Log10(l.from))); v <= l.to; v *= 10 {
		for _, step := range steps {
			if t := v * step; t >= l.from*0.9999 && t <= l.to*1.0001 {
				all = append(all, t)
			}
		}
	}
	return all
}
