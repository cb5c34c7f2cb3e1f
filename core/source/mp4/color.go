package mp4

import (
	"encoding/binary"

	"github.com/Eyevinn/mp4ff/mp4"

	"luatrtmp/core/flv"
)

// colorBoxes are the boxes of a visual sample entry about colours. Where both they and the media say something, the boxes are right: they are what a
// repair tool corrects.
type colorBoxes struct {
	colr, mdcv, clli bool
	color            flv.Color
	mastering        flv.MasteringDisplay
}

// Boxes of ISO/IEC 14496-12, 12.1.5 and 12.1.6; the units are those of the SEI messages of H.265, D.3.28.
const (
	mdcvSize        = 24
	clliSize        = 4
	chromaticityOne = 50000
	luminanceOne    = 10000
)

// take looks at a box. One of another kind is no error, nor is one that is cut off: colours are no reason to refuse a file.
func (c *colorBoxes) take(b box) error {
	switch b.typ {
	case "colr":
		c.takeColr(b)
	case "mdcv":
		if len(b.payload) < mdcvSize {
			return nil
		}
		at := func(i int) float64 { return float64(binary.BigEndian.Uint16(b.payload[2*i:])) / chromaticityOne }
		c.mdcv = true
		c.mastering = flv.MasteringDisplay{ // green, blue, red
			GreenX: at(0), GreenY: at(1), BlueX: at(2), BlueY: at(3), RedX: at(4), RedY: at(5), WhiteX: at(6), WhiteY: at(7),
			MaxLuminance: float64(binary.BigEndian.Uint32(b.payload[16:])) / luminanceOne,
			MinLuminance: float64(binary.BigEndian.Uint32(b.payload[20:])) / luminanceOne,
		}
	case "clli":
		if len(b.payload) < clliSize {
			return nil
		}
		c.clli = true
		c.color.MaxCLL = float64(binary.BigEndian.Uint16(b.payload))
		c.color.MaxFALL = float64(binary.BigEndian.Uint16(b.payload[2:]))
	}
	return nil
}

// takeColr takes the numbers of nclx, and of nclc in QuickTime, which is the same without the range.
func (c *colorBoxes) takeColr(b box) {
	v, err := decode[*mp4.ColrBox](b, mp4.DecodeColrSR)
	if err != nil || v.ColorType != mp4.ColorTypeOnScreenColors && v.ColorType != mp4.QuickTimeColorParameters {
		return
	}
	c.colr = true
	c.color.Primaries, c.color.Transfer, c.color.MatrixCoefficients = int(v.ColorPrimaries), int(v.TransferCharacteristics), int(v.MatrixCoefficients)
}

// over returns what the media says, nil if nothing, with what the boxes say in its place.
func (c *colorBoxes) over(media *flv.Color) *flv.Color {
	if !c.colr && !c.mdcv && !c.clli {
		return media
	}
	const unspecified = 2
	all := flv.Color{Primaries: unspecified, Transfer: unspecified, MatrixCoefficients: unspecified}
	if media != nil {
		all = *media
	}
	if c.colr {
		all.Primaries, all.Transfer, all.MatrixCoefficients = c.color.Primaries, c.color.Transfer, c.color.MatrixCoefficients
	}
	if c.clli {
		all.MaxCLL, all.MaxFALL = c.color.MaxCLL, c.color.MaxFALL
	}
	if c.mdcv {
		all.Mastering = &c.mastering
	}
	return &all
}
