package mediatest

import (
	"bytes"
)

// ASC is an AudioSpecificConfig.
var ASC = []byte{0x11, 0x90} // LC, 48000 Hz, stereo

// FLVTag makes an FLV tag with its PreviousTagSize.
func FLVTag(kind byte, timestamp uint32, body ...byte) []byte {
	size, t := U32(uint32(len(body))), U32(timestamp)
	b := append([]byte{kind, size[1], size[2], size[3], t[1], t[2], t[3], t[0], 0, 0, 0}, body...)
	return append(b, U32(uint32(len(b)))...)
}

// FLV makes a file of tags.
func FLV(tags ...[]byte) []byte {
	return append([]byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}, bytes.Join(tags, nil)...)
}

// FLVVideoConfig makes the tag of an AVC sequence header.
func FLVVideoConfig(timestamp uint32) []byte {
	return FLVTag(9, timestamp, append([]byte{0x17, 0, 0, 0, 0}, AVCRecord...)...)
}

// FLVAudioConfig makes the tag of an AAC sequence header.
func FLVAudioConfig(timestamp uint32) []byte {
	return FLVTag(8, timestamp, append([]byte{0xAF, 0}, ASC...)...)
}

// FLVVideoFrame makes the tag of an H.264 frame.
func FLVVideoFrame(timestamp uint32, composition byte) []byte {
	return FLVTag(9, timestamp, 0x27, 1, 0, 0, composition, 0, 0, 0, 1, 0x41)
}

// FLVAudioFrame makes the tag of an AAC frame.
func FLVAudioFrame(timestamp uint32) []byte { return FLVTag(8, timestamp, 0xAF, 1, 0x21) }
