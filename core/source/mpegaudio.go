package source

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"

	"luatrtmp/core/flv"
)

// Where the frames of MPEG audio have what. ISO/IEC 11172-3, 2.4.1 and 2.4.1.3.
const (
	mp3HeaderSize = 4
	mp3CRCSize    = 2
	mp3MostSide   = 32 // side information of MPEG-1 stereo

	// mp3LookSize reaches over the side information to the mark of a Xing or Info header, and to that of a VBRI header.
	mp3LookSize = mp3HeaderSize + mp3CRCSize + mp3MostSide + 4
	vbriAt      = mp3HeaderSize + mp3MostSide

	mp3IsMPEG1     = 0x08 // in the second byte
	mp3NoCRC       = 0x01
	mp3ChannelMode = 0xC0 // in the fourth byte
)

var mp3Framing = framing{name: "MP3", codec: flv.MP3, sync: isMPEGAudio, head: flv.FrameHeaderSize, look: mp3LookSize, parse: parseMP3}

// isMPEGAudio reports whether head may begin a frame of MPEG audio, of any layer.
func isMPEGAudio(head []byte) bool {
	return len(head) >= mp3HeaderSize && head[0] == 0xFF && head[1]&0xE0 == 0xE0 && head[1]>>3&3 != 1 && head[1]>>1&3 != 0 &&
		head[2]>>4 != 0xF && head[2]>>2&3 != 3
}

// mpegLayer returns the layer of the frame of MPEG audio that head begins with, 0 if it begins with none.
func mpegLayer(head []byte) int {
	if !isMPEGAudio(head) {
		return 0
	}
	return 4 - int(head[1]>>1&3)
}

// isOtherLayer reports whether a frame is of layer 1 or 2 of MPEG audio (MP2), which containers announce as they do MP3.
func isOtherLayer(frame []byte) bool {
	layer := mpegLayer(frame)
	return layer == 1 || layer == 2
}

// otherLayer is what is said of a track whose frames are of layer 1 or 2.
const otherLayer = "MPEG audio of layer 1 or 2 (mp2), which RTMP does not carry"

// findOtherLayer reports whether the first of the frames of MPEG audio in data are of layer 2: two that follow each other, or one
// that data consists of.
func findOtherLayer(data []byte) bool {
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

func parseMP3(head []byte) (frameHeader, error) {
	h, err := parseFrame(flv.MP3, head)
	h.silent = err == nil && isVBRHeader(head)
	return h, err
}

// isVBRHeader tells the frame that encoders put in front for players, with the number of frames in place of audio.
func isVBRHeader(head []byte) bool {
	side := mp3MostSide
	switch mpeg1, mono := head[1]&mp3IsMPEG1 != 0, head[3]&mp3ChannelMode == mp3ChannelMode; {
	case !mpeg1 && mono:
		side = 9
	case !mpeg1, mono:
		side = 17
	}
	at := mp3HeaderSize + side
	if head[1]&mp3NoCRC == 0 {
		at += mp3CRCSize
	}
	mark := func(at int, text string) bool { return len(head) >= at && bytes.HasPrefix(head[at:], []byte(text)) }
	return mark(at, "Xing") || mark(at, "Info") || mark(vbriAt, "VBRI")
}
