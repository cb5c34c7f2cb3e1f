package flv

// header is what stands in front of the data of a body.
type header struct {
	frameType       byte // of video
	packetType      byte
	compositionTime int32
	nanoseconds     uint32
}

func appendHeader(dst []byte, f Form, h header) []byte {
	switch {
	case f.enhanced():
		return appendEnhanced(dst, f, h)
	case f.Codec.Kind() == Video:
		id := byte(codecIDAVC)
		if f.Codec == HEVC {
			id = codecIDHEVC
		}
		return appendInt24(append(dst, h.frameType<<4|id, h.packetType), h.compositionTime)
	case f.Codec == AAC:
		return append(dst, aacHeader, h.packetType)
	}
	return append(dst, f.soundHeader())
}

// appendEnhanced appends the header of Enhanced RTMP, sections ExAudioTagHeader and ExVideoTagHeader:
//
//	+---------------------------+-- ModEx, only for nanoseconds ------------+
//	| 1 | frame type | packet 7 | size - 1 | UI24 ns | type 0 << 4 | packet |
//	+---+---+---+---+-+---------+----------+----+----+-------------+--------+
//	| one track 0 | packet | FourCC | track id |  only for tracks > 0 have the first and the last byte
//	+-------------+--------+--------+----------+
//	| composition time, SI24 |  only CodedFrames of avc1 and hvc1
//	+------------------------+
//
// Audio begins with 1001 instead of the frame type.
func appendEnhanced(dst []byte, f Form, h header) []byte {
	first, multitrack := byte(soundFormatEnhanced<<4), byte(packetAudioMultitrack)
	if f.Codec.Kind() == Video {
		if h.packetType == PacketMetadata && f.Track == 0 {
			// "Video info or command frame"; readers ignore it beside this packet type, but would take a multitrack body for a command.
			h.frameType = frameTypeCommand
		}
		first, multitrack = 0x80|h.frameType<<4, packetVideoMultitrack
	}
	packet := h.packetType
	if f.Track > 0 {
		packet = multitrack
	}
	if ns := min(h.nanoseconds, MaxNanoseconds); ns > 0 {
		dst = append(dst, first|packetModEx, 3-1, byte(ns>>16), byte(ns>>8), byte(ns))
		first = modExNanoseconds << 4
	}
	dst = append(dst, first|packet)
	if f.Track > 0 {
		dst = append(dst, multitrackOne<<4|h.packetType)
	}
	dst = append(dst, f.Codec.FourCC()...)
	if f.Track > 0 {
		dst = append(dst, f.Track)
	}
	if h.packetType == PacketFrame && f.Codec.HasNALUs() {
		dst = appendInt24(dst, h.compositionTime)
	}
	return dst
}

func appendInt24(dst []byte, v int32) []byte {
	return append(dst, byte(v>>16), byte(v>>8), byte(v))
}
