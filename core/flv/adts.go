package flv

import "fmt"

// ADTS frame header, ISO/IEC 13818-7, 6.2:
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-----------------------+-+---+-+---+-------+-+-----+-+-+-+-+---+
//	|       syncword        |I| L |N| P | rate  |p| chan|o|h|c|s|len|
//	+-----------------------+-+---+-+---+-------+-+-----+-+-+-+-+---+
//	| frame length, low 11 bits |    buffer fullness    |blk|  (CRC if N = 0)
//	+---------------------------+-----------------------+---+
const (
	adtsHeaderSize = 7
	adtsCRCSize    = 2
	adtsRates      = 13 // sampling_frequency_index 13 to 15 are reserved
)

// ADTSHeaderSize is the number of bytes that ParseADTSHeader needs.
const ADTSHeaderSize = adtsHeaderSize

// ADTSHeader is what the header of an ADTS frame says.
type ADTSHeader struct {
	HeaderSize int    // with the CRC, if there is one
	FrameSize  int    // with the header
	Config     []byte // the AudioSpecificConfig; shared, not to be written to
	Relabelled bool   // the profile is SSR, and Config says LC
}

// Profiles, ISO/IEC 13818-7, table 31. They are object types minus 1.
const (
	adtsProfileLC  = 1
	adtsProfileSSR = 2
)

// adtsConfigs holds the AudioSpecificConfig of every ADTS header, so that none is made per frame: by profile, rate and channels.
// SSR becomes LC: encoders that mean LC write it by mistake, and there is no other use of it that a decoder would know.
var adtsConfigs = func() (table [4][adtsRates][8][2]byte) {
	for profile := range table {
		for rate := range table[profile] {
			for channels := range table[profile][rate] {
				// 5 bits object type, 4 bits rate, 4 bits channels, 3 bits GASpecificConfig.
				objectType := profile + 1
				if profile == adtsProfileSSR {
					objectType = adtsProfileLC + 1
				}
				v := uint16(objectType)<<11 | uint16(rate)<<7 | uint16(channels)<<3
				table[profile][rate][channels] = [2]byte{byte(v >> 8), byte(v)}
			}
		}
	}
	return table
}()

// IsADTS reports whether an audio frame begins with an ADTS header. A raw AAC frame cannot: it would begin with the reserved element id 7
// (END).
func IsADTS(frame []byte) bool {
	return len(frame) >= 2 && frame[0] == 0xFF && frame[1]&0xF6 == 0xF0
}

// ParseADTSHeader reads the header of an ADTS frame. The error wraps ErrBadADTS.
func ParseADTSHeader(b []byte) (h ADTSHeader, err error) {
	if len(b) < adtsHeaderSize {
		return h, fmt.Errorf("%w: %d bytes, the header has %d", ErrBadADTS, len(b), adtsHeaderSize)
	}
	if !IsADTS(b) {
		return h, fmt.Errorf("%w: begins with %02x %02x, expected the syncword ff f", ErrBadADTS, b[0], b[1])
	}
	rate := b[2] >> 2 & 0x0F
	if rate >= adtsRates {
		return h, fmt.Errorf("%w: sampling frequency index %d", ErrBadADTS, rate)
	}
	if blocks := b[6]&3 + 1; blocks > 1 {
		return h, fmt.Errorf("%w: %d raw data blocks in one frame, 1 is supported", ErrBadADTS, blocks)
	}
	h.HeaderSize = adtsHeaderSize
	if b[1]&1 == 0 { // protection_absent
		h.HeaderSize += adtsCRCSize
	}
	h.FrameSize = int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5)
	if h.FrameSize <= h.HeaderSize {
		return h, fmt.Errorf("%w: frame length %d, the header alone has %d", ErrBadADTS, h.FrameSize, h.HeaderSize)
	}
	h.Relabelled = b[2]>>6 == adtsProfileSSR
	h.Config = adtsConfigs[b[2]>>6][rate][b[2]&1<<2|b[3]>>6][:]
	return h, nil
}

// SplitADTS appends the raw frames of a buffer that holds one or more whole ADTS frames to dst; they alias adts. A CRC is skipped
// unchecked, as decoders do. config is the AudioSpecificConfig that the first header implies: a slice of a table, shared, equal for equal
// headers, not to be written to. All frames must agree on it. Nothing is allocated if dst has room. On an error, which wraps
// ErrBadADTS, frames holds those before the fault.
func SplitADTS(dst [][]byte, adts []byte) (frames [][]byte, config []byte, err error) {
	if len(adts) == 0 {
		return dst, nil, fmt.Errorf("%w: empty", ErrBadADTS)
	}
	for pos := 0; pos < len(adts); {
		h, err := ParseADTSHeader(adts[pos:])
		if err != nil {
			return dst, config, fmt.Errorf("at %d: %w", pos, err)
		}
		if h.FrameSize > len(adts)-pos {
			return dst, config, fmt.Errorf("at %d: %w: frame length %d, but %d bytes are left", pos, ErrBadADTS, h.FrameSize, len(adts)-pos)
		}
		if config == nil {
			config = h.Config
		} else if &config[0] != &h.Config[0] {
			return dst, config, fmt.Errorf("at %d: %w: configuration changes from % x to % x within one buffer", pos, ErrBadADTS, config, h.Config)
		}
		end := pos + h.FrameSize
		dst = append(dst, adts[pos+h.HeaderSize:end:end])
		pos = end
	}
	return dst, config, nil
}
