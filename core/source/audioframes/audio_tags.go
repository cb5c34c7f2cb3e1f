package audioframes

import (
	"bytes"
	"encoding/binary"
)

// Tags of metadata around frames of audio, and between them where files were joined.
const (
	id3HeaderSize = 10 // ID3v2, in front; also of ADTS in the segments of HLS
	id3FooterFlag = 0x10
	id3v1Size     = 128 // "TAG", at the end
	id3v1PlusSize = 227 // "TAG+", in front of ID3v1

	apeHeaderSize = 32      // APEv2, in front or at the end; its footer looks the same
	apeIsHeader   = 1 << 29 // in the flags

	// tagHeaderSize is how many bytes tagSize needs.
	tagHeaderSize = apeHeaderSize
)

// ID3Size returns the size of the ID3v2 tag that head begins with, 0 if it does not. The size is in 4 bytes of 7 bits.
func ID3Size(head []byte) int64 {
	if len(head) < id3HeaderSize || string(head[:3]) != "ID3" {
		return 0
	}
	size := int64(head[6]&0x7F)<<21 | int64(head[7]&0x7F)<<14 | int64(head[8]&0x7F)<<7 | int64(head[9]&0x7F)
	size += id3HeaderSize
	if head[5]&id3FooterFlag != 0 {
		size += id3HeaderSize
	}
	return size
}

// tagSize returns the size of the tag that head begins with, 0 if it does not. left is how many bytes the file has from there on:
// a tag that says it is longer is none. For a tag without a size it is the size of its mark.
func tagSize(head []byte, left int64) int64 {
	var size int64
	switch {
	case bytes.HasPrefix(head, []byte("ID3")):
		size = ID3Size(head)
	case bytes.HasPrefix(head, []byte("TAG+")):
		size = id3v1PlusSize
	case bytes.HasPrefix(head, []byte("TAG")):
		size = id3v1Size
	case bytes.HasPrefix(head, []byte("APETAGEX")):
		size = min(apeHeaderSize, left)
		if len(head) >= apeHeaderSize && binary.LittleEndian.Uint32(head[20:])&apeIsHeader != 0 {
			size += int64(binary.LittleEndian.Uint32(head[12:])) // with the footer
		}
	case bytes.HasPrefix(head, []byte("LYRICSBEGIN")):
		size = int64(len("LYRICSBEGIN"))
	}
	if size > left {
		return 0
	}
	return size
}
