// Package flv turns access units into the bodies of RTMP audio and video messages, which are FLV tag bodies, and back.
//
// The layouts are those of "Adobe Flash Video File Format Specification 10.1", annex E; the decoder configuration of H.264 is
// that of ISO/IEC 14496-15, 5.2.4. The package reads no files and keeps no time: bytes in, bytes out.
package flv

import "time"

// Kind tells audio from video. The values are both the RTMP message types and the FLV tag types.
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
	Kind   Kind
	DTS    time.Duration // decode time since the start of the media
	PTS    time.Duration // presentation time; usually not before DTS, but it may be
	NALUs  [][]byte      // video: the NAL units without framing
	Data   []byte        // audio: the raw frame
	Config []byte        // decoder configuration (AVCDecoderConfigurationRecord or AudioSpecificConfig) valid from this unit on; nil: unchanged
}

// VideoInfo describes a video track.
type VideoInfo struct {
	Width, Height int     // in pixels, after cropping
	FrameRate     float64 // frames per second; 0: unknown
}

// AudioInfo describes an audio track.
type AudioInfo struct {
	SampleRate int // in Hz, of the decoder's output
	Channels   int // 0: unknown
}
