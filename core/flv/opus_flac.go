package flv

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/flac"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
)

// OpusRate is the sample rate in Hz at which Opus decoders work and its durations are counted, whatever went into the encoder.
const OpusRate = 48000

// Identification header of Opus, RFC 7845, 5.1, little endian:
//
//	+------------+---------+----------+-------------------+
//	| "OpusHead" | version | channels | pre-skip (16)     |
//	+------------+---------+----------+-------------------+
//	| input sample rate (32)          | gain (16) | family | if the family is not 0: streams, coupled, mapping
//	+---------------------------------+-----------+--------+
const (
	opusMagic    = "OpusHead"
	opusHeadSize = 19
	// opusPreSkip is that of the reference encoder, 6.5 ms; it is set where only frames are known. RFC 7845, 4.2, recommends 80 ms for a
	// decoder that begins amid a stream, but a live stream would lose them for nothing.
	opusPreSkip = 312
)

// OpusHead returns an identification header for mono or stereo.
func OpusHead(channels int) []byte {
	h := append(make([]byte, 0, opusHeadSize), opusMagic...)
	h = append(h, 1, byte(channels))
	h = binary.LittleEndian.AppendUint16(h, opusPreSkip)
	h = binary.LittleEndian.AppendUint32(h, OpusRate)
	return append(h, 0, 0, 0)
}

// opusTrack holds the identification header of an Opus track.
type opusTrack struct {
	head     []byte
	given    bool // by SetConfig
	channels int
}

func (*opusTrack) Codec() Codec { return Opus }

// SetConfig takes an identification header. The error wraps ErrBadConfig.
func (t *opusTrack) SetConfig(head []byte) error {
	if len(head) < opusHeadSize || string(head[:len(opusMagic)]) != opusMagic {
		return fmt.Errorf("%w: %d bytes (% x), expected an OpusHead of at least %d",
			ErrBadConfig, len(head), head[:min(len(head), 8)], opusHeadSize)
	}
	version, channels, family := head[8], int(head[9]), head[18]
	switch {
	case version>>4 != 0: // RFC 7845, 5.1: versions up to 15 are compatible
		return fmt.Errorf("%w: OpusHead of version %d", ErrBadConfig, version)
	case channels == 0 || family == 0 && channels > 2:
		return fmt.Errorf("%w: OpusHead with %d channels and mapping family %d", ErrBadConfig, channels, family)
	case family != 0 && len(head) < opusHeadSize+2+channels:
		return fmt.Errorf("%w: OpusHead of %d bytes, the mapping of %d channels needs %d",
			ErrBadConfig, len(head), channels, opusHeadSize+2+channels)
	}
	if !bytes.Equal(head, t.head) {
		t.head = bytes.Clone(head)
	}
	t.given, t.channels = true, channels
	return nil
}

// Take checks one packet. Without a configuration the first one gives it: mono or stereo, as its first byte says (RFC 6716, 3.1). A mono
// packet in a stream that began as stereo changes nothing, since Opus encoders switch. The error wraps ErrBadFrame.
func (t *opusTrack) Take(packet []byte) error {
	if len(packet) == 0 {
		return errEmptyFrame(Opus)
	}
	if n := opusSamples(packet); n <= 0 || n > opusMaxSamples {
		return fmt.Errorf("%w: Opus packet of %d bytes that begins with %02x: %d samples, expected 1 to %d",
			ErrBadFrame, len(packet), packet[0], n, opusMaxSamples)
	}
	channels := 1
	if packet[0]&4 != 0 {
		channels = 2
	}
	if !t.given && channels > t.channels {
		t.head, t.channels = OpusHead(channels), channels
	}
	return nil
}

// opusMaxSamples is the longest packet: 120 ms. RFC 6716, 3.2.5.
const opusMaxSamples = OpusRate * 120 / 1000

func opusSamples(packet []byte) int { return int(opus.PacketDuration2(packet)) }

func (t *opusTrack) Ready() bool    { return t.head != nil }
func (t *opusTrack) Record() []byte { return t.head }

func (t *opusTrack) Info() AudioInfo {
	return AudioInfo{Codec: Opus, SampleRate: OpusRate, Channels: t.channels}
}

func (t *opusTrack) Samples(packet []byte) (n, rate int) { return opusSamples(packet), OpusRate }

// FLAC stream header, RFC 9639, 6 and 8: the marker, and the metadata block STREAMINFO with its header of one byte and a size of 24 bits.
const (
	flacMagic      = "fLaC"
	flacStreamInfo = 34
	flacBlock      = 4 + flacStreamInfo
	flacHeadSize   = len(flacMagic) + flacBlock

	flacLastBlock = 0x80
)

// flacTrack holds the stream header of a FLAC track.
type flacTrack struct {
	head []byte
	info AudioInfo
}

func (*flacTrack) Codec() Codec { return FLAC }

// SetConfig takes "fLaC" and STREAMINFO, and also what others have of it: the block, or its content alone. Further metadata blocks are left
// out. The error wraps ErrBadConfig.
func (t *flacTrack) SetConfig(config []byte) error {
	info := config
	switch {
	case len(config) == flacStreamInfo:
	case len(config) >= flacHeadSize && string(config[:len(flacMagic)]) == flacMagic:
		info = config[len(flacMagic):]
		fallthrough
	case len(config) >= flacBlock:
		if size := uint32(info[1])<<16 | uint32(info[2])<<8 | uint32(info[3]); info[0]&^flacLastBlock != 0 || size != flacStreamInfo {
			return fmt.Errorf("%w: FLAC metadata block of type %d and %d bytes, expected STREAMINFO, 0 and %d",
				ErrBadConfig, info[0]&^flacLastBlock, size, flacStreamInfo)
		}
		info = info[4:flacBlock]
	default:
		return fmt.Errorf("%w: %d bytes, expected \"fLaC\" and STREAMINFO, %d bytes", ErrBadConfig, len(config), flacHeadSize)
	}
	var si flac.StreamInfo
	if err := si.Unmarshal(info); err != nil {
		return fmt.Errorf("%w: STREAMINFO: %w", ErrBadConfig, err)
	}
	if si.SampleRate == 0 {
		return fmt.Errorf("%w: STREAMINFO: sample rate 0", ErrBadConfig)
	}
	head := append([]byte(flacMagic), flacLastBlock, 0, 0, flacStreamInfo)
	head = append(head, info...)
	if !bytes.Equal(head, t.head) {
		t.head = head
	}
	t.info = AudioInfo{Codec: FLAC, SampleRate: int(si.SampleRate), Channels: int(si.ChannelCount)}
	return nil
}

// Take checks one frame: RFC 9639, 9.1. The error wraps ErrBadFrame.
func (t *flacTrack) Take(frame []byte) error {
	if len(frame) == 0 {
		return errEmptyFrame(FLAC)
	}
	_, err := flacSamples(frame)
	return err
}

func (t *flacTrack) Ready() bool     { return t.head != nil }
func (t *flacTrack) Record() []byte  { return t.head }
func (t *flacTrack) Info() AudioInfo { return t.info }

func (t *flacTrack) Samples(frame []byte) (n, rate int) {
	n, _ = flacSamples(frame)
	return n, t.info.SampleRate
}

// flacSamples reads the block size of a frame. RFC 9639, 9.1.1 and 9.1.6.
func flacSamples(frame []byte) (int, error) {
	const head = 5 // up to the coded number, of which there is at least one byte
	if len(frame) < head {
		return 0, fmt.Errorf("%w: FLAC frame of %d bytes, the header has more", ErrBadFrame, len(frame))
	}
	if frame[0] != 0xFF || frame[1]&0xFE != 0xF8 {
		return 0, fmt.Errorf("%w: FLAC frame begins with %02x %02x, expected the sync code ff f8 or ff f9", ErrBadFrame, frame[0], frame[1])
	}
	switch code := frame[2] >> 4; {
	case code == 0:
		return 0, fmt.Errorf("%w: FLAC frame with block size bits 0", ErrBadFrame)
	case code == 1:
		return 192, nil
	case code <= 5:
		return 144 << code, nil
	case code >= 8:
		return 1 << code, nil
	default: // 6 and 7: one byte or two, after the coded number
		at := 4 + flacNumberSize(frame[4])
		size := int(code) - 5
		if len(frame) < at+size {
			return 0, fmt.Errorf("%w: FLAC frame of %d bytes, its block size is at %d", ErrBadFrame, len(frame), at)
		}
		n := 0
		for _, b := range frame[at : at+size] {
			n = n<<8 | int(b)
		}
		return n + 1, nil
	}
}

// flacNumberSize returns how long the coded number is that begins with a byte: as in UTF-8, extended to 7 bytes. RFC 9639, 9.1.5.
func flacNumberSize(first byte) int {
	n := 0
	for first&0x80 != 0 {
		n++
		first <<= 1
	}
	return max(n, 1)
}
