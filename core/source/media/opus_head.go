package media

import (
	"encoding/binary"
)

// OpusHead is the identification header of Opus, RFC 7845, 5.1, which other containers have in forms of their own. It is little-endian.
type OpusHead struct {
	Channels int
	PreSkip  uint16 // samples of 48 kHz
	Rate     uint32 // of the encoder's input, for information
	Gain     int16
	Family   byte

	// Of all families but 0:
	Streams, Coupled int
	Mapping          []byte
}

// Bytes returns the header in its form for Ogg, which RTMP has too.
func (h *OpusHead) Bytes() []byte {
	b := append([]byte("OpusHead"), 1, byte(h.Channels))
	b = binary.LittleEndian.AppendUint16(b, h.PreSkip)
	b = binary.LittleEndian.AppendUint32(b, h.Rate)
	b = binary.LittleEndian.AppendUint16(b, uint16(h.Gain))
	b = append(b, h.Family)
	if h.Family != 0 {
		b = append(b, byte(h.Streams), byte(h.Coupled))
		b = append(b, h.Mapping...)
	}
	return b
}
