package audioframes

import (
	"bytes"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Where the frames of MPEG audio have what. ISO/IEC 11172-3, 2.4.1 and 2.4.1.3.
const (
	mp3HeaderSize = media.MPEGAudioHeaderSize
	mp3CRCSize    = 2
	mp3MostSide   = 32 // side information of MPEG-1 stereo

	// mp3LookSize reaches over the side information to the mark of a Xing or Info header, and to that of a VBRI header.
	mp3LookSize = mp3HeaderSize + mp3CRCSize + mp3MostSide + 4
	vbriAt      = mp3HeaderSize + mp3MostSide

	mp3IsMPEG1     = 0x08 // in the second byte
	mp3NoCRC       = 0x01
	mp3ChannelMode = 0xC0 // in the fourth byte
)

// MP3 is MPEG audio of layer 3.
var MP3 = Framing{
	name: "MP3", Codec: flv.MP3, sync: media.IsMPEGAudio, Head: flv.FrameHeaderSize, look: mp3LookSize, Parse: parseMP3,
}

func parseMP3(head []byte) (FrameHeader, error) {
	h, err := parseFrame(flv.MP3, head)
	h.Silent = err == nil && isVBRHeader(head)
	return h, err
}

// isVBRHeader reports whether a frame is the one that encoders put in front for players: it has the number
// of frames in place of audio.
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
