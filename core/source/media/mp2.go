package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"

	"luatrtmp/core/flv"
)

// IsMPEGAudio reports whether head may begin a frame of MPEG audio, of any layer.
func IsMPEGAudio(head []byte) bool {
	return len(head) >= MPEGAudioHeaderSize && head[0] == 0xFF && head[1]&0xE0 == 0xE0 && head[1]>>3&3 != 1 && head[1]>>1&3 != 0 &&
		head[2]>>4 != 0xF && head[2]>>2&3 != 3
}

// mpegLayer returns the layer of the frame of MPEG audio that head begins with, 0 if it begins with none.
func mpegLayer(head []byte) int {
	if !IsMPEGAudio(head) {
		return 0
	}
	return 4 - int(head[1]>>1&3)
}

// IsMP2 reports whether a frame is of layer 1 or 2 of MPEG audio (MP2), which containers announce as they do MP3.
func IsMP2(frame []byte) bool {
	layer := mpegLayer(frame)
	return layer == 1 || layer == 2
}

// MP2 is what is said of a track whose frames are of layer 1 or 2.
const MP2 = "MPEG audio of layer 1 or 2 (mp2), which RTMP does not carry"

// FindMP2 reports whether the first of the frames of MPEG audio in data are of layer 2: two that follow each other, or one
// that data consists of.
func FindMP2(data []byte) bool {
	for pos := range data {
		left := data[pos:]
		layer := mpegLayer(left)
		if layer == 0 || len(left) < flv.FrameHeaderSize {
			continue
		}
		var h mpeg1audio.FrameHeader
		if h.Unmarshal(left) != nil || h.SampleRate == 0 {
			continue
		}
		size := h.SampleCount() / 8 * h.Bitrate / h.SampleRate
		if h.Padding {
			size++
		}
		switch {
		case size >= len(left) && pos == 0, size < len(left) && mpegLayer(left[size:]) == layer:
			return layer == 2
		}
	}
	return false
}

// MPEGAudioHeaderSize is the size of the header of a frame of MPEG audio. ISO/IEC 11172-3, 2.4.1.3.
const MPEGAudioHeaderSize = 4
