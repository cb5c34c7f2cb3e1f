package flv

import (
	"time"
)

// Kind is audio or video. The values are both the RTMP message types and the FLV tag types.
type Kind uint8

// The kinds of an access unit.
const (
	Audio Kind = 8
	Video Kind = 9
)

// String returns "audio" or "video".
func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	}
	return "unknown"
}

// AccessUnit is one coded picture or one audio frame with its times: what sources yield and a publisher sends.
type AccessUnit struct {
	Kind  Kind
	Codec Codec         // NoCodec stands for H264 and AAC
	DTS   time.Duration // decode time since the start of the media
	PTS   time.Duration // presentation time; usually not before DTS, but it may be
	NALUs [][]byte      // H.264, HEVC: the NAL units without framing

	// Data is all other media: the raw audio frame; for VP8 and VP9 the frame; for AV1 the temporal unit, OBUs with their sizes (AV1, 5.2:
	// low-overhead bitstream format), a temporal delimiter in front or not.
	Data []byte

	// Config is the decoder configuration valid from this unit on; nil: unchanged. It is what Enhanced RTMP sends: an AVC, HEVC or AV1
	// decoder configuration record, a VP codec configuration record, an AudioSpecificConfig, an OpusHead, "fLaC" and STREAMINFO. MP3, AC-3 and
	// E-AC-3 have none; for G.711 see G711Config.
	Config []byte

	// Anew says that the media begins anew with this picture, which may be none to begin with: it refers to none of those before, nor do
	// those after it, whatever they look like.
	Anew bool
}

// VideoInfo describes a video track.
type VideoInfo struct {
	Codec         Codec   // NoCodec stands for H264
	Width, Height int     // in pixels, after cropping
	FrameRate     float64 // frames per second; 0: unknown
	Color         *Color  // nil: unknown
}

// Color is how a video track codes colours, in the numbers of ISO/IEC 23091-2 (H.273), and what its display should know. Enhanced RTMP
// sends it as `colorInfo`.
type Color struct {
	BitDepth                                int // 0: unknown
	Primaries, Transfer, MatrixCoefficients int // 2: unspecified

	MaxCLL, MaxFALL float64 // cd/m2; 0: unknown

	Mastering *MasteringDisplay // nil: unknown
}

// MasteringDisplay is the mastering display colour volume (SMPTE ST 2086): chromaticities as CIE 1931 coordinates, luminance in cd/m2.
type MasteringDisplay struct {
	RedX, RedY, GreenX, GreenY, BlueX, BlueY, WhiteX, WhiteY float64
	MaxLuminance, MinLuminance                               float64
}

// AudioInfo describes an audio track.
type AudioInfo struct {
	Codec      Codec // NoCodec stands for AAC
	SampleRate int   // in Hz, of the decoder's output
	Channels   int   // 0: unknown
}
