package matroska

import "luatrtmp/core/flv"

// unspecified is the number of H.273 for what is not said.
const unspecified = 2

// over returns what the media says of its colours, nil if nothing, with what the track's entry says in its place: that is what a tool
// corrects, and VP9 has it nowhere else.
func (c *colour) over(said *flv.Color) *flv.Color {
	coded := c.Primaries != 0 || c.Transfer != 0 || c.Matrix != 0
	if !coded && c.MaxCLL == 0 && c.MaxFALL == 0 && c.Mastering == (mastering{}) {
		return said
	}
	all := flv.Color{Primaries: unspecified, Transfer: unspecified, MatrixCoefficients: unspecified}
	if said != nil {
		all = *said
	}
	for _, f := range []struct {
		to    *int
		value uint64
	}{{&all.Primaries, c.Primaries}, {&all.Transfer, c.Transfer}, {&all.MatrixCoefficients, c.Matrix}} {
		if coded && f.value != unspecified && f.value > 0 && f.value <= 255 {
			*f.to = int(f.value)
		}
	}
	if c.MaxCLL != 0 || c.MaxFALL != 0 {
		all.MaxCLL, all.MaxFALL = float64(c.MaxCLL), float64(c.MaxFALL)
	}
	if m := flv.MasteringDisplay(c.Mastering); m != (flv.MasteringDisplay{}) {
		all.Mastering = &m
	}
	return &all
}
