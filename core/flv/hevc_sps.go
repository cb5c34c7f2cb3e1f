package flv

import (
	"bytes"
	"fmt"
	"luatrtmp/core/flv/bitstream"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// NAL unit header of HEVC, H.265, 7.3.1.2:
//
//	+-+-----------+-----------+-----+
//	|0|   type    | layer id  | TID |  TID: nuh_temporal_id_plus1
//	+-+-----------+-----------+-----+
const hevcHeaderSize = 2

func hevcType(nalu []byte) h265.NALUType { return h265.NALUType(nalu[0] >> 1 & 0x3F) }

func hevcLayer(nalu []byte) byte { return nalu[0]&1<<5 | nalu[1]>>3 }

func hevcTemporalID(nalu []byte) int { return int(nalu[1]&7) - 1 }

// Limits on HEVC parameter sets.
const (
	maxVPSID     = 15 // H.265, 7.4.3.1
	maxHEVCSPSID = 15 // 7.4.3.2.1
	maxHEVCPPSID = 63 // 7.4.3.3.1

	profileTierLevelSize = 12 // of its general part, with general_level_idc; H.265, 7.3.3
	maxBitDepthMinus8    = 8
	maxLSBBits           = 16 // of slice_pic_order_cnt_lsb; 7.4.3.2.1
)

// hevcSPS is what is needed of an SPS. H.265, 7.3.2.2.1.
type hevcSPS struct {
	nalu             []byte
	id               uint32
	vpsID            uint32
	subLayers        int // sps_max_sub_layers_minus1 + 1
	nested           bool
	profileTierLevel [profileTierLevelSize]byte // as it is coded
	chroma           uint32
	width, height    int
	lumaDepth        uint32 // minus 8
	chromaDepth      uint32

	separatePlanes bool
	lsbBits        uint32 // of slice_pic_order_cnt_lsb
	reorder        uint32 // sps_max_num_reorder_pics of the highest sub-layer

	frameRate float64
	color     Color
}

// parseHEVCSPS reads an SPS, by mediacommon. It is good up to the VUI: where that is broken or cut, which decoding does not need, frame
// rate and colours stay unknown, and err, which wraps ErrBadParameterSet, comes beside the SPS. They stay unknown without an error where
// the SPS lists long-term reference pictures, which mediacommon does not pass over.
func parseHEVCSPS(nalu []byte) (*hevcSPS, error) {
	if len(nalu) < hevcHeaderSize {
		return nil, fmt.Errorf("%w: HEVC SPS of %d bytes", ErrBadParameterSet, len(nalu))
	}
	var (
		full  h265.SPS
		fault error
	)
	switch err := full.Unmarshal(plainHEVCSPS(nalu)); {
	case err == nil:
	case full.VUI != nil:
		full.VUI = nil
		fault = fmt.Errorf("%w: HEVC SPS %d of %d bytes: its VUI cannot be read: %w", ErrBadParameterSet, full.ID, len(nalu), err)
	case !full.LongTermRefPicsPresentFlag:
		return nil, fmt.Errorf("%w: HEVC SPS of %d bytes: %w", ErrBadParameterSet, len(nalu), err)
	}
	s := &hevcSPS{
		nalu: nalu, id: uint32(full.ID), vpsID: uint32(full.VPSID),
		subLayers: int(full.MaxSubLayersMinus1) + 1, nested: full.TemporalIDNestingFlag,
		chroma: full.ChromaFormatIdc, lumaDepth: full.BitDepthLumaMinus8, chromaDepth: full.BitDepthChromaMinus8,
		separatePlanes: full.SeparateColourPlaneFlag, lsbBits: min(full.Log2MaxPicOrderCntLsbMinus4, maxLSBBits) + 4,
		reorder: full.MaxNumReorderPics[full.MaxSubLayersMinus1],
	}
	copy(s.profileTierLevel[:], h264.EmulationPreventionRemove(nalu[hevcHeaderSize:])[1:])
	s.setSize(&full)
	if err := s.check(); err != nil {
		return nil, err
	}
	s.color = Color{
		BitDepth: int(s.lumaDepth) + 8, Primaries: unspecified, Transfer: unspecified, MatrixCoefficients: unspecified,
	}
	if vui := full.VUI; vui != nil {
		if vui.ColourDescriptionPresentFlag {
			s.color.Primaries, s.color.Transfer = int(vui.ColourPrimaries), int(vui.TransferCharacteristics)
			s.color.MatrixCoefficients = int(vui.MatrixCoefficients)
		}
		if t := vui.TimingInfo; t != nil {
			s.frameRate = frameRate(uint64(t.TimeScale), uint64(t.NumUnitsInTick))
		}
	}
	return s, fault
}

// setSize takes the size of the picture without the conformance window's offsets, whose unit is that of the chroma samples. All of
// them are numbers of 32 bits: where one is beyond maxDimension the picture is too large or empty, which check finds.
func (s *hevcSPS) setSize(full *h265.SPS) {
	s.width = int(min(full.PicWidthInLumaSamples, maxDimension+1))
	s.height = int(min(full.PicHeightInLumaSamples, maxDimension+1))
	if w := full.ConformanceWindow; w != nil {
		cut := func(a, b uint32) int { return int(min(a, maxDimension)) + int(min(b, maxDimension)) }
		unitX, unitY := 1, 1
		switch full.ChromaFormatIdc {
		case 1:
			unitX, unitY = 2, 2
		case 2:
			unitX = 2
		}
		s.width -= unitX * cut(w.LeftOffset, w.RightOffset)
		s.height -= unitY * cut(w.TopOffset, w.BottomOffset)
	}
}

// plainHEVCSPS returns an SPS without the profiles and levels of sub-layers, which mediacommon does not read and which say nothing of the
// pictures. H.265, 7.3.3. An SPS that has none is returned as it is.
func plainHEVCSPS(nalu []byte) []byte {
	if len(nalu) <= hevcHeaderSize || nalu[hevcHeaderSize]>>1&7 == 0 { // sps_max_sub_layers_minus1
		return nalu
	}
	p := bitstream.Copier{R: bitstream.Reader{Buf: h264.EmulationPreventionRemove(nalu[hevcHeaderSize:])}}
	p.Copy(4)
	maxSubLayersMinus1 := p.Copy(3)
	p.Copy(1)
	for range profileTierLevelSize {
		p.Copy(8)
	}
	if !skipSubLayers(&p.R, maxSubLayersMinus1) {
		return nalu
	}
	p.W.Put(0, 16)
	p.Rest()
	return append(bytes.Clone(nalu[:hevcHeaderSize]), addEmulationPrevention(p.W.Buf)...)
}

// addEmulationPrevention puts a 3 between two zeros and what would look like a start code. H.265, 7.4.2.
func addEmulationPrevention(rbsp []byte) (dst []byte) {
	zeros := 0
	for _, b := range rbsp {
		if zeros == 2 && b <= 3 {
			dst, zeros = append(dst, 3), 0
		}
		dst = append(dst, b)
		if zeros++; b != 0 {
			zeros = 0
		}
	}
	return dst
}

func (s *hevcSPS) check() error {
	switch {
	case s.id > maxHEVCSPSID:
		return fmt.Errorf("%w: HEVC SPS id %d, at most %d", ErrBadParameterSet, s.id, maxHEVCSPSID)
	case s.subLayers > 7:
		return fmt.Errorf("%w: HEVC SPS %d: %d sub-layers, at most 7", ErrBadParameterSet, s.id, s.subLayers)
	case s.chroma > 3:
		return fmt.Errorf("%w: HEVC SPS %d: chroma_format_idc %d", ErrBadParameterSet, s.id, s.chroma)
	case s.width <= 0 || s.height <= 0 || s.width > maxDimension || s.height > maxDimension:
		return fmt.Errorf("%w: HEVC SPS %d: picture of %d x %d pixels", ErrBadParameterSet, s.id, s.width, s.height)
	case s.lumaDepth > maxBitDepthMinus8 || s.chromaDepth > maxBitDepthMinus8:
		return fmt.Errorf("%w: HEVC SPS %d: bit depths 8 + %d and 8 + %d", ErrBadParameterSet, s.id, s.lumaDepth, s.chromaDepth)
	}
	return nil
}

// skipSubLayers passes over the rest of profile_tier_level, and reports whether it says anything. H.265, 7.3.3.
func skipSubLayers(r *bitstream.Reader, maxSubLayersMinus1 uint32) (some bool) {
	if maxSubLayersMinus1 == 0 {
		return false
	}
	flags := r.U(16) // 2 for each of 8 sub-layers: profile and level
	for i := range maxSubLayersMinus1 {
		if flags>>(15-2*i)&1 == 1 {
			some = true
			r.U(32)
			r.U(32)
			r.U(24)
		}
		if flags>>(14-2*i)&1 == 1 {
			some = true
			r.U(8)
		}
	}
	return some
}

// hevcVPS is what is needed of a VPS. H.265, 7.3.2.1.
type hevcVPS struct {
	nalu      []byte
	id        uint32
	subLayers int
	frameRate float64
}

func parseHEVCVPS(nalu []byte) (*hevcVPS, error) {
	v := &hevcVPS{nalu: nalu}
	if len(nalu) < hevcHeaderSize {
		return nil, fmt.Errorf("%w: VPS of %d bytes", ErrBadParameterSet, len(nalu))
	}
	r := bitstream.Reader{Buf: h264.EmulationPreventionRemove(nalu[hevcHeaderSize:])}
	v.id = r.U(4)
	r.U(2 + 6) // base layer, vps_max_layers_minus1
	maxSubLayersMinus1 := r.U(3)
	v.subLayers = int(maxSubLayersMinus1) + 1
	r.U(1 + 16)
	if r.Err != nil {
		return nil, fmt.Errorf("%w: VPS of %d bytes: %w", ErrBadParameterSet, len(nalu), r.Err)
	}
	v.frameRate = readVPSTiming(&r, maxSubLayersMinus1)
	return v, nil
}

// readVPSTiming reads on to vps_timing_info. A fault there leaves the frame rate unknown, no more.
func readVPSTiming(r *bitstream.Reader, maxSubLayersMinus1 uint32) float64 {
	for range profileTierLevelSize {
		r.U(8)
	}
	skipSubLayers(r, maxSubLayersMinus1)
	first := maxSubLayersMinus1
	if r.U(1) == 1 { // vps_sub_layer_ordering_info_present_flag
		first = 0
	}
	for i := first; i <= maxSubLayersMinus1; i++ {
		r.UE()
		r.UE()
		r.UE()
	}
	bits := r.U(6) + 1 // vps_max_layer_id
	sets := r.UE()     // vps_num_layer_sets_minus1
	for i := uint32(0); i < sets && r.Err == nil; i++ {
		for range bits {
			r.U(1)
		}
	}
	if r.U(1) == 0 || r.Err != nil { // vps_timing_info_present_flag
		return 0
	}
	units := r.U(32)
	scale := r.U(32)
	if r.Err != nil {
		return 0
	}
	return frameRate(uint64(scale), uint64(units))
}

// parseHEVCPPS reads the beginning of a PPS. H.265, 7.3.2.3.1.
func parseHEVCPPS(nalu []byte) (*h265.PPS, error) {
	var pps h265.PPS
	if err := pps.Unmarshal(nalu); err != nil {
		return nil, fmt.Errorf("%w: HEVC PPS of %d bytes: %w", ErrBadParameterSet, len(nalu), err)
	}
	if pps.ID > maxHEVCPPSID || pps.SPSID > maxHEVCSPSID {
		return nil, fmt.Errorf("%w: PPS id %d (at most %d) of SPS id %d (at most %d)",
			ErrBadParameterSet, pps.ID, maxHEVCPPSID, pps.SPSID, maxHEVCSPSID)
	}
	return &pps, nil
}
