package flv

import "encoding/binary"

// Frame types and limits of the bodies. FLV 10.1, E.4.3.1.
const (
	frameTypeKey     = 1
	frameTypeInter   = 2
	frameTypeCommand = 5 // a command for the player instead of video

	videoHeaderSize = 5

	// MaxCompositionTime is the largest composition time in ms that a video body can carry; the smallest is -MaxCompositionTime-1.
	MaxCompositionTime = 1<<23 - 1

	// MaxNanoseconds is the largest offset in ns that can be added to the timestamp of a message, which is in ms.
	MaxNanoseconds = 999_999
)

// Types of packets. FLV 10.1, E.4.2.2 and E.4.3.1; Enhanced RTMP v2, enum AudioPacketType and VideoPacketType.
const (
	// PacketSequenceHeader, PacketFrame and PacketEndOfSequence are the AVCPacketType; the first two are also the AACPacketType. Enhanced
	// RTMP calls them SequenceStart, CodedFrames and SequenceEnd.
	PacketSequenceHeader = 0
	PacketFrame          = 1
	PacketEndOfSequence  = 2

	packetFramesX = 3 // video: CodedFrames whose composition time is 0

	PacketMetadata           = 4 // video: AMF0, the string "colorInfo" and an object
	PacketMultichannelConfig = 4 // audio: the order of the channels

	packetMPEG2TS = 5 // video: the AV1 descriptor of an MPEG transport stream

	packetAudioMultitrack = 5
	packetVideoMultitrack = 6
	packetModEx           = 7

	// PacketCommand is none of the specification's: a body with a command for the player, who is not asked to decode anything.
	PacketCommand = 0xFF
)

// Multitrack bodies. Enhanced RTMP v2, enum AvMultitrackType.
const (
	multitrackOne        = 0
	multitrackMany       = 1
	multitrackManyCodecs = 2
)

// modExNanoseconds is the type of a ModEx with UI24 nanoseconds. Enhanced RTMP v2, enum VideoPacketModExType and AudioPacketModExType.
const modExNanoseconds = 0

// maxHeader is the size of the longest header: first byte, ModEx (size, 3 bytes, type), multitrack type, FourCC, track id, composition
// time.
const maxHeader = 1 + 5 + 1 + 4 + 1 + 3

// Builder makes message bodies as lists of pieces, so that the media itself is not copied: the pieces alias the arguments and the
// builder's own scratch, and are valid until its next call. The zero value is ready. In the steady state nothing is allocated. Forms must
// be such that Form.Check returns nil.
type Builder struct {
	scratch []byte
	pieces  [][]byte
}

// Forget lets go of the arguments of the last call, where they are memory that is not the caller's to keep.
func (b *Builder) Forget() {
	clear(b.pieces)
	b.pieces = b.pieces[:0]
}

// SequenceStart returns the body that carries the decoder configuration, see VideoTrack.Record and AudioTrack.Record. It is empty for the
// old forms of MP3 and G.711, which have no such body. Enhanced MP3, AC-3 and E-AC-3 have no configuration, but are announced by the body.
func (b *Builder) SequenceStart(f Form, record []byte) [][]byte {
	return b.single(f, PacketSequenceHeader, record)
}

// SequenceEnd returns the body that ends a stream. It is empty for the old forms of audio, which have none.
func (b *Builder) SequenceEnd(f Form) [][]byte {
	return b.single(f, PacketEndOfSequence, nil)
}

// Metadata returns the body that carries metadata of a video track: amf is AMF0, the string "colorInfo" and an object, see Color.Fields.
// It is empty for the old forms, which have none.
func (b *Builder) Metadata(f Form, amf []byte) [][]byte {
	return b.single(f, PacketMetadata, amf)
}

// single returns a body with one piece of data, which has no time of its own.
func (b *Builder) single(f Form, packetType byte, data []byte) [][]byte {
	b.pieces = b.pieces[:0]
	if !f.has(packetType) {
		return b.pieces
	}
	b.scratch = appendHeader(b.scratch[:0], f, header{frameType: frameTypeKey, packetType: packetType})
	b.pieces = append(b.pieces, b.scratch)
	if len(data) > 0 {
		b.pieces = append(b.pieces, data)
	}
	return b.pieces
}

// has reports whether the form has a body for a type of packet.
func (f Form) has(packetType byte) bool {
	switch {
	case f.enhanced():
		return packetType != PacketMetadata || f.Codec.Kind() == Video
	case f.Codec.Kind() == Video:
		return packetType <= PacketEndOfSequence
	case f.Codec == AAC:
		return packetType <= PacketFrame
	}
	return packetType == PacketFrame
}

// Picture is what the header of a video body says of a picture.
type Picture struct {
	Key             bool
	CompositionTime int32  // PTS - DTS in ms, brought to what 24 bits can hold; only H.264 and HEVC have it
	Nanoseconds     uint32 // what the message's timestamp lacks, at most MaxNanoseconds; only enhanced forms have it, and only if it is not 0
}

// VideoFrame returns the body of one access unit: parts are those of VideoUnit. Each NAL unit of H.264 and HEVC gets a length of 4 bytes.
func (b *Builder) VideoFrame(f Form, p Picture, parts [][]byte) [][]byte {
	// The scratch must not move once pieces point into it.
	if need := maxHeader + 4*len(parts); cap(b.scratch) < need {
		b.scratch = make([]byte, 0, 2*need)
	}
	h := header{
		frameType: frameTypeInter, packetType: PacketFrame, nanoseconds: p.Nanoseconds,
		compositionTime: min(max(p.CompositionTime, -MaxCompositionTime-1), MaxCompositionTime),
	}
	if p.Key {
		h.frameType = frameTypeKey
	}
	if f.enhanced() && h.compositionTime == 0 && f.Codec.HasNALUs() {
		h.packetType = packetFramesX
	}
	b.scratch = appendHeader(b.scratch[:0], f, h)
	if !f.Codec.HasNALUs() {
		b.pieces = append(append(b.pieces[:0], b.scratch), parts...)
		return b.pieces
	}
	b.pieces = b.pieces[:0]
	if len(parts) == 0 {
		b.pieces = append(b.pieces, b.scratch)
	}
	start := 0 // the header and the first length are one piece
	for _, nalu := range parts {
		b.scratch = binary.BigEndian.AppendUint32(b.scratch, uint32(len(nalu)))
		b.pieces = append(b.pieces, b.scratch[start:len(b.scratch):len(b.scratch)], nalu)
		start = len(b.scratch)
	}
	return b.pieces
}

// AudioFrame returns the body of one raw frame. nanoseconds: see Picture.
func (b *Builder) AudioFrame(f Form, nanoseconds uint32, frame []byte) [][]byte {
	b.scratch = appendHeader(b.scratch[:0], f, header{packetType: PacketFrame, nanoseconds: nanoseconds})
	b.pieces = append(b.pieces[:0], b.scratch, frame)
	return b.pieces
}

// AVCSequenceHeader is SequenceStart for H.264 in the old form.
func (b *Builder) AVCSequenceHeader(record []byte) [][]byte {
	return b.SequenceStart(Form{Codec: H264}, record)
}

// AVCFrame is VideoFrame for H.264 in the old form.
func (b *Builder) AVCFrame(key bool, compositionTime int32, nalus [][]byte) [][]byte {
	return b.VideoFrame(Form{Codec: H264}, Picture{Key: key, CompositionTime: compositionTime}, nalus)
}

// AVCEndOfSequence is SequenceEnd for H.264 in the old form.
func (b *Builder) AVCEndOfSequence() [][]byte { return b.SequenceEnd(Form{Codec: H264}) }

// AACSequenceHeader is SequenceStart for AAC in the old form.
func (b *Builder) AACSequenceHeader(asc []byte) [][]byte {
	return b.SequenceStart(Form{Codec: AAC}, asc)
}

// AACFrame is AudioFrame for AAC in the old form.
func (b *Builder) AACFrame(frame []byte) [][]byte { return b.AudioFrame(Form{Codec: AAC}, 0, frame) }
