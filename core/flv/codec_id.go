package flv

import "encoding/binary"

// HasFourCC reports whether bodies of the form carry a FourCC, as Enhanced RTMP has it.
func (f Form) HasFourCC() bool { return f.enhanced() }

// CodecID returns the number that `videocodecid` and `audiocodecid` of onMetaData have for the form: the FourCC as a number (Enhanced RTMP
// v2, section Enhancing onMetaData), or the codec id or sound format of FLV 10.1, E.5.
func (f Form) CodecID() uint32 {
	switch {
	case f.enhanced():
		return binary.BigEndian.Uint32([]byte(f.Codec.FourCC()))
	case f.Codec == HEVC:
		return codecIDHEVC
	case f.Codec == H264:
		return codecIDAVC
	case f.Codec == MP3:
		return soundFormatMP3 // also for 8 kHz, which has a sound format of its own
	}
	return uint32(f.soundHeader() >> 4)
}
