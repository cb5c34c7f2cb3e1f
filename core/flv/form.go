package flv

import "fmt"

// Form says in which of the forms of FLV 10.1 and of Enhanced RTMP a message body is written.
type Form struct {
	Codec Codec

	// Track is the track id. Bodies of other tracks than 0 are multitrack bodies with one track: Enhanced RTMP v2, and FourCCs for all
	// codecs.
	Track uint8

	// Enhanced chooses the form with a FourCC for the codecs that have two: H.264, HEVC (whose other form is codec id 12, which no
	// specification has), AAC and MP3. It changes nothing for the others: G.711 has only the old form, the rest only the enhanced one.
	Enhanced bool

	// SampleRate in Hz and Channels are for the old forms of MP3 and G.711, which have them in their first byte.
	SampleRate, Channels int
}

// Check returns why nothing can be sent in the form, nil if it can. The error wraps ErrUnsupportedCodec.
func (f Form) Check() error {
	switch {
	case f.Codec.Kind() == 0:
		return fmt.Errorf("%w: no codec", ErrUnsupportedCodec)
	case f.Track > 0 && f.Codec.FourCC() == "":
		return fmt.Errorf("%w: %v as track %d: it has no FourCC, so it can only be track 0", ErrUnsupportedCodec, f.Codec, f.Track)
	}
	return nil
}

// V2 reports whether the form needs a server that declared Enhanced RTMP v2: audio with a FourCC, and several tracks. Video with a FourCC is
// version 1.
func (f Form) V2() bool {
	return f.enhanced() && (f.Track > 0 || f.Codec.Kind() == Audio)
}

// enhanced reports whether the body has a FourCC.
func (f Form) enhanced() bool {
	switch f.Codec {
	case PCMA, PCMU:
		return false
	case H264, HEVC, AAC, MP3:
		return f.Enhanced || f.Track > 0
	}
	return true
}

// Codec ids and sound formats of the first byte. FLV 10.1, E.4.3.1 and E.4.2.1; 12 is a custom of servers that predate Enhanced RTMP.
const (
	codecIDAVC  = 7
	codecIDHEVC = 12

	soundFormatMP3      = 2
	soundFormatPCMA     = 7
	soundFormatPCMU     = 8
	soundFormatEnhanced = 9
	soundFormatAAC      = 10
	soundFormatMP38kHz  = 14

	sound16Bit  = 1 << 1
	soundStereo = 1

	// aacHeader has the rate, size and type bits that AAC always carries: 44 kHz, 16 bits, stereo.
	aacHeader = soundFormatAAC<<4 | 3<<2 | sound16Bit | soundStereo
)

// soundHeader returns the first byte of the old form of audio. FLV 10.1, E.4.2.1.
func (f Form) soundHeader() byte {
	if f.Codec == AAC {
		return aacHeader
	}
	b := byte(sound16Bit)
	if f.Channels > 1 {
		b |= soundStereo
	}
	switch f.Codec {
	case PCMA:
		return soundFormatPCMA<<4 | b // 8 kHz, whatever the rate bits say
	case PCMU:
		return soundFormatPCMU<<4 | b
	}
	switch rate := f.SampleRate; {
	case rate == 8000:
		return soundFormatMP38kHz<<4 | b
	case rate != 0 && rate <= 12000:
		b |= 1 << 2 // 11 kHz
	case rate != 0 && rate <= 24000:
		b |= 2 << 2 // 22 kHz
	default:
		b |= 3 << 2 // 44 kHz; also for 32 and 48 kHz, for which there is no number: decoders go by the frame's own header
	}
	return soundFormatMP3<<4 | b
}
