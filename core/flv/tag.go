package flv

import (
	"fmt"
	"iter"
	"strings"
)

// VideoTag is the body of a video message or tag, or what it has of one track. FLV 10.1, E.4.3; Enhanced RTMP, section ExVideoTagHeader.
type VideoTag struct {
	Codec           Codec
	Track           uint8 // track id; 0 where there is none
	Key             bool
	PacketType      uint8  // PacketSequenceHeader, PacketFrame, PacketEndOfSequence, PacketMetadata or PacketCommand
	CompositionTime int32  // PTS - DTS in ms
	Nanoseconds     uint32 // to be added to the timestamp of the message, at most MaxNanoseconds

	// Data aliases the body: the decoder configuration; a frame, which for H.264 and HEVC is NAL units with lengths; AMF0; a command.
	Data []byte
}

// AudioTag is the body of an audio message or tag, or what it has of one track. FLV 10.1, E.4.2; Enhanced RTMP, section ExAudioTagHeader.
type AudioTag struct {
	Codec       Codec
	Track       uint8  // track id; 0 where there is none
	PacketType  uint8  // PacketSequenceHeader, PacketFrame, PacketEndOfSequence or PacketMultichannelConfig
	Nanoseconds uint32 // to be added to the timestamp of the message, at most MaxNanoseconds
	Data        []byte // the decoder configuration, or a raw frame; aliases the body

	SampleRate, Channels int // of G.711; 0 for all others, where the first byte of the old form says nothing reliable
}

// VideoTags reads the body of a video message in any form and yields what it has of each track: one tag, but for bodies of Enhanced RTMP
// with many tracks. An error is the last that is yielded, and wraps ErrShortBody or ErrUnsupportedCodec, which names the codec; only after
// an unsupported codec, whose error comes with the track's id, do further tracks follow.
func VideoTags(body []byte) iter.Seq2[VideoTag, error] {
	return func(yield func(VideoTag, error) bool) {
		if len(body) > 0 && body[0]&0x80 != 0 { // IsExHeader
			frameType := body[0] >> 4 & 7
			enhancedTracks(Video, body, frameType, func(t enhancedTrack, err error) bool {
				return yield(t.video(frameType, err))
			})
			return
		}
		yield(oldVideoTag(body))
	}
}

// AudioTags reads the body of an audio message as VideoTags does that of a video message.
func AudioTags(body []byte) iter.Seq2[AudioTag, error] {
	return func(yield func(AudioTag, error) bool) {
		if len(body) > 0 && body[0]>>4 == soundFormatEnhanced {
			enhancedTracks(Audio, body, 0, func(t enhancedTrack, err error) bool {
				return yield(AudioTag{
					Codec: t.codec, Track: t.track, PacketType: t.packetType, Nanoseconds: t.nanoseconds, Data: t.data,
				}, err)
			})
			return
		}
		yield(oldAudioTag(body))
	}
}

// ParseVideoTag reads the body of an H.264 message of track 0. All others give an error that wraps ErrUnsupportedCodec; VideoTags reads
// them. A command has no media: it comes back as an empty PacketEndOfSequence.
func ParseVideoTag(body []byte) (VideoTag, error) {
	for tag, err := range VideoTags(body) {
		switch {
		case err != nil:
			return VideoTag{}, err
		case tag.PacketType == PacketCommand:
			return VideoTag{PacketType: PacketEndOfSequence}, nil
		case tag.Codec != H264 || tag.Track != 0 || tag.PacketType > PacketEndOfSequence:
			return VideoTag{}, otherTag(Video, tag.Codec, tag.Track, tag.PacketType, body[0]&0x80 != 0)
		}
		return tag, nil
	}
	return VideoTag{}, ErrShortBody
}

// ParseAudioTag reads the body of an AAC message of track 0. All others give an error that wraps ErrUnsupportedCodec; AudioTags reads them.
func ParseAudioTag(body []byte) (AudioTag, error) {
	for tag, err := range AudioTags(body) {
		switch {
		case err != nil:
			return AudioTag{}, err
		case tag.Codec != AAC || tag.Track != 0 || tag.PacketType > PacketFrame:
			return AudioTag{}, otherTag(Audio, tag.Codec, tag.Track, tag.PacketType, body[0]>>4 == soundFormatEnhanced)
		}
		return tag, nil
	}
	return AudioTag{}, ErrShortBody
}

func otherTag(kind Kind, c Codec, track, packetType uint8, enhanced bool) error {
	name := strings.ToUpper(c.String())
	if enhanced {
		name = fmt.Sprintf("%q (Enhanced RTMP)", c.FourCC())
	}
	return fmt.Errorf("%s codec %s, track %d, packet type %d %w here", kind, name, track, packetType, ErrUnsupportedCodec)
}

// oldVideoTag reads the form of FLV 10.1, E.4.3.1, which HEVC has borrowed.
func oldVideoTag(body []byte) (tag VideoTag, err error) {
	if len(body) == 0 {
		return tag, fmt.Errorf("%w: empty video body", ErrShortBody)
	}
	frameType, id := body[0]>>4, body[0]&0x0F
	if frameType == frameTypeCommand {
		return VideoTag{PacketType: PacketCommand, Data: body[1:]}, nil
	}
	codec := H264
	switch id {
	case codecIDAVC:
	case codecIDHEVC:
		codec = HEVC
	default:
		return tag, fmt.Errorf("video codec id %d (%s) %w", id, name(videoCodecs[:], id), ErrUnsupportedCodec)
	}
	if len(body) < videoHeaderSize {
		return tag, fmt.Errorf("%w: video body of %d bytes, the header has %d", ErrShortBody, len(body), videoHeaderSize)
	}
	if body[1] > PacketEndOfSequence {
		return tag, fmt.Errorf("%v packet type %d %w", codec, body[1], ErrUnsupportedCodec)
	}
	tag = VideoTag{Codec: codec, Key: isKeyType(frameType), PacketType: body[1], Data: body[videoHeaderSize:]}
	if tag.PacketType == PacketFrame { // else the field says nothing
		tag.CompositionTime = int24(body[2:])
	}
	return tag, nil
}

// frameTypeGeneratedKey marks a key frame that a server made.
const frameTypeGeneratedKey = 4

func isKeyType(frameType byte) bool {
	return frameType == frameTypeKey || frameType == frameTypeGeneratedKey
}

// oldAudioTag reads the form of FLV 10.1, E.4.2.1.
func oldAudioTag(body []byte) (tag AudioTag, err error) {
	if len(body) == 0 {
		return tag, fmt.Errorf("%w: empty audio body", ErrShortBody)
	}
	tag = AudioTag{PacketType: PacketFrame, Data: body[1:]}
	switch format := body[0] >> 4; format {
	case soundFormatAAC:
		if len(body) < 2 {
			return tag, fmt.Errorf("%w: AAC body of 1 byte, the header has 2", ErrShortBody)
		}
		if body[1] > PacketFrame {
			return tag, fmt.Errorf("AAC packet type %d %w", body[1], ErrUnsupportedCodec)
		}
		return AudioTag{Codec: AAC, PacketType: body[1], Data: body[2:]}, nil
	case soundFormatMP3, soundFormatMP38kHz:
		tag.Codec = MP3
		return tag, nil
	case soundFormatPCMA:
		tag.Codec = PCMA
	case soundFormatPCMU:
		tag.Codec = PCMU
	default:
		return tag, fmt.Errorf("sound format %d (%s) %w", format, name(soundFormats[:], format), ErrUnsupportedCodec)
	}
	tag.SampleRate, tag.Channels = G711Rate, 1+int(body[0]&soundStereo)
	return tag, nil
}

func int24(b []byte) int32 {
	return int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
}

var videoCodecs = [...]string{
	2: "Sorenson H.263", 3: "Screen video", 4: "VP6", 5: "VP6 with alpha", 6: "Screen video 2",
}

var soundFormats = [...]string{
	0: "PCM", 1: "ADPCM", 3: "PCM, little endian", 4: "Nellymoser 16 kHz", 5: "Nellymoser 8 kHz", 6: "Nellymoser", 11: "Speex",
	15: "device-specific",
}

func name(names []string, id byte) string {
	if int(id) < len(names) && names[id] != "" {
		return names[id]
	}
	return "unknown"
}
