package flv

import (
	"fmt"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
)

// av1Sequence is what is needed of a sequence header OBU. AV1, 5.5.
type av1Sequence struct {
	size           int // of the OBU without its header
	profile, level byte
	tier           bool
	reduced        bool // reduced_still_picture_header
	width, height  int
	frameRate      float64
	config         byte // third byte of the record: tier, depths, subsampling
	color          Color
}

// parseAV1Sequence reads a sequence header. The error wraps ErrBadParameterSet.
func parseAV1Sequence(o bitstream.OBU) (*av1Sequence, error) {
	// With neither extension nor size, which say nothing here, and which mediacommon takes only in part.
	bare := append([]byte{bitstream.OBUSequenceHeader << 3}, bitstream.PlainSequence(o.Payload)...)
	var h av1.SequenceHeader
	if err := h.Unmarshal(bare); err != nil {
		return nil, fmt.Errorf("%w: AV1 sequence header of %d bytes: %w", ErrBadParameterSet, len(o.Payload), err)
	}
	if h.SeqProfile > 2 {
		return nil, fmt.Errorf("%w: AV1 sequence header: profile %d", ErrBadParameterSet, h.SeqProfile)
	}
	s := &av1Sequence{
		size:    len(o.Payload),
		profile: h.SeqProfile, level: h.SeqLevelIdx[0], tier: h.SeqTier[0], reduced: h.ReducedStillPictureHeader,
		width: h.Width(), height: h.Height(),
	}
	if t := h.TimingInfo; t != nil && t.EqualPictureInterval {
		s.frameRate = frameRate(uint64(t.TimeScale), uint64(t.NumUnitsInDisplayTick)*(uint64(t.NumTicksPerPictureMinus1)+1))
	}
	c := &h.ColorConfig
	for i, set := range []bool{s.tier, c.HighBitDepth, c.TwelveBit, c.MonoChrome, c.SubsamplingX, c.SubsamplingY} {
		if set {
			s.config |= 0x80 >> i
		}
	}
	s.config |= byte(c.ChromaSamplePosition) & 3
	s.color = Color{
		BitDepth: c.BitDepth, Primaries: int(c.ColorPrimaries), Transfer: int(c.TransferCharacteristics),
		MatrixCoefficients: int(c.MatrixCoefficients),
	}
	return s, nil
}
