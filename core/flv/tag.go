package flv

import "fmt"

// VideoTag is the body of a video message or tag. FLV 10.1, E.4.3.
type VideoTag struct {
	Key             bool
	PacketType      uint8  // PacketSequenceHeader, PacketFrame or PacketEndOfSequence
	CompositionTime int32  // PTS - DTS in ms
	Data            []byte // AVCDecoderConfigurationRecord, or NAL units with lengths; aliases the body
}

// AudioTag is the body of an audio message or tag. FLV 10.1, E.4.2.
type AudioTag struct {
	PacketType uint8  // PacketSequenceHeader or PacketFrame
	Data       []byte // AudioSpecificConfig, or a raw AAC frame; aliases the body
}

// ParseVideoTag reads the body of a video message. Bodies with another codec, also in the form of Enhanced RTMP, give an error that wraps
// ErrUnsupportedCodec and names it. A command frame has no media: it comes back as an empty PacketEndOfSequence.
func ParseVideoTag(body []byte) (VideoTag, error) {
	if len(body) == 0 {
		return VideoTag{}, fmt.Errorf("%w: empty video body", ErrShortBody)
	}
	if body[0]&0x80 != 0 { // IsExHeader
		return VideoTag{}, enhancedCodec("video", body)
	}
	frameType, codec := body[0]>>4, body[0]&0x0F
	if frameType == frameTypeCommand {
		return VideoTag{PacketType: PacketEndOfSequence}, nil
	}
	if codec != codecIDAVC {
		return VideoTag{}, fmt.Errorf("video codec id %d (%s) %w", codec, name(videoCodecs, codec), ErrUnsupportedCodec)
	}
	if len(body) < videoHeaderSize {
		return VideoTag{}, fmt.Errorf("%w: video body of %d bytes, the header has %d", ErrShortBody, len(body), videoHeaderSize)
	}
	if body[1] > PacketEndOfSequence {
		return VideoTag{}, fmt.Errorf("%w: AVC packet type %d", ErrUnsupportedCodec, body[1])
	}
	return VideoTag{
		Key:             frameType == frameTypeKey,
		PacketType:      body[1],
		CompositionTime: int32(uint32(body[2])<<24|uint32(body[3])<<16|uint32(body[4])<<8) >> 8,
		Data:            body[videoHeaderSize:],
	}, nil
}

// ParseAudioTag reads the body of an audio message. Bodies with another codec, also in the form of Enhanced RTMP, give an error that
// wraps ErrUnsupportedCodec and names it.
func ParseAudioTag(body []byte) (AudioTag, error) {
	if len(body) == 0 {
		return AudioTag{}, fmt.Errorf("%w: empty audio body", ErrShortBody)
	}
	format := body[0] >> 4
	if format == soundFormatEnhanced {
		return AudioTag{}, enhancedCodec("audio", body)
	}
	if format != aacHeader>>4 {
		return AudioTag{}, fmt.Errorf("sound format %d (%s) %w", format, name(soundFormats, format), ErrUnsupportedCodec)
	}
	if len(body) < 2 {
		return AudioTag{}, fmt.Errorf("%w: AAC body of 1 byte, the header has 2", ErrShortBody)
	}
	if body[1] > PacketFrame {
		return AudioTag{}, fmt.Errorf("%w: AAC packet type %d", ErrUnsupportedCodec, body[1])
	}
	return AudioTag{PacketType: body[1], Data: body[2:]}, nil
}

var videoCodecs = map[byte]string{
	2: "Sorenson H.263", 3: "Screen video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen video 2", 12: "HEVC, legacy form",
}

var soundFormats = map[byte]string{
	0: "PCM", 1: "ADPCM", 2: "MP3", 3: "PCM, little endian", 4: "Nellymoser 16 kHz", 5: "Nellymoser 8 kHz", 6: "Nellymoser",
	7: "G.711 A-law", 8: "G.711 mu-law", 11: "Speex", 14: "MP3 8 kHz", 15: "device-specific",
}

func name(names map[byte]string, id byte) string {
	if n, ok := names[id]; ok {
		return n
	}
	return "unknown"
}

func enhancedCodec(kind string, body []byte) error {
	if len(body) < 5 {
		return fmt.Errorf("%w: Enhanced RTMP %s body of %d bytes, the header has 5", ErrShortBody, kind, len(body))
	}
	return fmt.Errorf("%s codec %q (Enhanced RTMP) %w", kind, body[1:5], ErrUnsupportedCodec)
}
