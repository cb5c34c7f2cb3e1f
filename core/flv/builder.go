package flv

import "encoding/binary"

// First bytes and packet types of the bodies. FLV 10.1, E.4.2.1 and E.4.3.1.
const (
	frameTypeKey   = 1
	frameTypeInter = 2
	codecIDAVC     = 7

	// PacketSequenceHeader, PacketFrame and PacketEndOfSequence are the AVCPacketType; the first two are also the AACPacketType.
	PacketSequenceHeader = 0
	PacketFrame          = 1
	PacketEndOfSequence  = 2

	// soundFormatAAC with the rate, size and type bits that AAC always carries: 44 kHz, 16 bits, stereo.
	aacHeader = 0xAF

	videoHeaderSize = 5

	// MaxCompositionTime is the largest composition time in ms that a video body can carry; the smallest is -MaxCompositionTime-1.
	MaxCompositionTime = 1<<23 - 1
)

// AppendVideoHeader appends the 5 bytes that stand before AVC data: frame type and codec id, AVC packet type, and the composition
// time in ms as a signed 24-bit number. A composition time out of range is brought to the nearest one within.
func AppendVideoHeader(dst []byte, key bool, packetType uint8, compositionTime int32) []byte {
	frameType := byte(frameTypeInter)
	if key {
		frameType = frameTypeKey
	}
	ct := min(max(compositionTime, -MaxCompositionTime-1), MaxCompositionTime)
	return append(dst, frameType<<4|codecIDAVC, packetType, byte(ct>>16), byte(ct>>8), byte(ct))
}

// Builder makes message bodies as lists of pieces, so that the media itself is not copied: the pieces alias the arguments and the builder's
// own scratch, and are valid until its next call. The zero value is ready. In the steady state nothing is allocated.
type Builder struct {
	scratch []byte
	pieces  [][]byte
}

// Forget lets go of the arguments of the last call, where they are memory that is not the caller's to keep.
func (b *Builder) Forget() {
	clear(b.pieces)
	b.pieces = b.pieces[:0]
}

// AVCSequenceHeader returns the body that carries an AVCDecoderConfigurationRecord.
func (b *Builder) AVCSequenceHeader(record []byte) [][]byte {
	b.scratch = AppendVideoHeader(b.scratch[:0], true, PacketSequenceHeader, 0)
	b.pieces = append(b.pieces[:0], b.scratch, record)
	return b.pieces
}

// AVCFrame returns the body of one access unit. compositionTime is PTS - DTS in ms. Each NAL unit gets a length of 4 bytes.
func (b *Builder) AVCFrame(key bool, compositionTime int32, nalus [][]byte) [][]byte {
	// The scratch must not move once pieces point into it.
	if need := videoHeaderSize + 4*len(nalus); cap(b.scratch) < need {
		b.scratch = make([]byte, 0, 2*need)
	}
	b.scratch = AppendVideoHeader(b.scratch[:0], key, PacketFrame, compositionTime)
	b.pieces = b.pieces[:0]
	if len(nalus) == 0 {
		b.pieces = append(b.pieces, b.scratch)
	}
	start := 0 // the header and the first length are one piece
	for _, nalu := range nalus {
		b.scratch = binary.BigEndian.AppendUint32(b.scratch, uint32(len(nalu)))
		b.pieces = append(b.pieces, b.scratch[start:len(b.scratch):len(b.scratch)], nalu)
		start = len(b.scratch)
	}
	return b.pieces
}

// AVCEndOfSequence returns the body that ends an H.264 stream.
func (b *Builder) AVCEndOfSequence() [][]byte {
	b.scratch = AppendVideoHeader(b.scratch[:0], true, PacketEndOfSequence, 0)
	b.pieces = append(b.pieces[:0], b.scratch)
	return b.pieces
}

// AACSequenceHeader returns the body that carries an AudioSpecificConfig.
func (b *Builder) AACSequenceHeader(asc []byte) [][]byte {
	return b.aac(PacketSequenceHeader, asc)
}

// AACFrame returns the body of one raw AAC frame (without ADTS header).
func (b *Builder) AACFrame(frame []byte) [][]byte {
	return b.aac(PacketFrame, frame)
}

func (b *Builder) aac(packetType byte, data []byte) [][]byte {
	b.scratch = append(b.scratch[:0], aacHeader, packetType)
	b.pieces = append(b.pieces[:0], b.scratch, data)
	return b.pieces
}
