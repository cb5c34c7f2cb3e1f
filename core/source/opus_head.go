package source

import (
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"luatrtmp/core/flv"
)

// opusHead is the identification header of Opus, RFC 7845, 5.1, which other containers have in forms of their own. It is little-endian.
type opusHead struct {
	channels int
	preSkip  uint16 // samples of 48 kHz
	rate     uint32 // of the encoder's input, for information
	gain     int16
	family   byte

	// Of all families but 0:
	streams, coupled int
	mapping          []byte
}

func (h *opusHead) bytes() []byte {
	b := append([]byte("OpusHead"), 1, byte(h.channels))
	b = binary.LittleEndian.AppendUint16(b, h.preSkip)
	b = binary.LittleEndian.AppendUint32(b, h.rate)
	b = binary.LittleEndian.AppendUint16(b, uint16(h.gain))
	b = append(b, h.family)
	if h.family != 0 {
		b = append(b, byte(h.streams), byte(h.coupled))
		b = append(b, h.mapping...)
	}
	return b
}

// vorbisMappings are the channels in the order of family 1, RFC 7845, 5.1.1.2, for 3 to 8 channels.
var vorbisMappings = [...]struct {
	streams, coupled int
	mapping          []byte
}{
	3: {2, 1, []byte{0, 2, 1}},
	4: {2, 2, []byte{0, 1, 2, 3}},
	5: {3, 2, []byte{0, 4, 1, 2, 3}},
	6: {4, 2, []byte{0, 4, 1, 2, 3, 5}},
	7: {4, 3, []byte{0, 4, 1, 2, 3, 5, 6}},
	8: {5, 3, []byte{0, 6, 1, 2, 3, 4, 5, 7}},
}

const (
	opusDualMono    = 0x00 // channel_config_code, ETSI TS Opus 0.1.3-draft, table 4-3
	opusMostByCode  = 0x08
	opusExplicit    = 0x81
	opusTwoOfFamily = 255 // mapping family without a meaning of the channels
)

// opusHeadOfTS makes the header of Opus in a transport stream from its descriptor.
func opusHeadOfTS(d *substructs.OpusAudioDescriptor) ([]byte, error) {
	h := opusHead{channels: d.ChannelCount(), rate: flv.OpusRate}
	switch code := d.ChannelConfigCode; {
	case code == opusDualMono:
		h.family, h.streams, h.mapping = opusTwoOfFamily, 2, []byte{0, 1}
	case code == opusExplicit && d.MappingFamily != 0:
		h.family, h.streams, h.coupled, h.mapping = byte(d.MappingFamily), d.StreamCount, d.CoupledStreamCount, d.ChannelMapping
	case code == opusExplicit, code <= 2:
	case code <= opusMostByCode:
		m := vorbisMappings[h.channels]
		h.family, h.streams, h.coupled, h.mapping = 1, m.streams, m.coupled, m.mapping
	default:
		return nil, fmt.Errorf("opus with channel configuration 0x%02x", code)
	}
	return h.bytes(), nil
}
