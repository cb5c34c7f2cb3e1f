package source

import (
	"bytes"

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

// isMPEGAudio tells whether a file begins with a frame of MPEG audio, of any layer.
func isMPEGAudio(head []byte) bool {
	return len(head) >= mp3HeaderSize && head[0] == 0xFF && head[1]&0xE0 == 0xE0 && head[1]>>3&3 != 1 && head[1]>>1&3 != 0 &&
		head[2]>>4 != 0xF && head[2]>>2&3 != 3
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
