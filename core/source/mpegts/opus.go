package mpegts

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

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
	h := media.OpusHead{Channels: d.ChannelCount(), Rate: flv.OpusRate}
	switch code := d.ChannelConfigCode; {
	case code == opusDualMono:
		h.Family, h.Streams, h.Mapping = opusTwoOfFamily, 2, []byte{0, 1}
	case code == opusExplicit && d.MappingFamily != 0:
		h.Family, h.Streams, h.Coupled, h.Mapping = byte(d.MappingFamily), d.StreamCount, d.CoupledStreamCount, d.ChannelMapping
	case code == opusExplicit, code <= 2:
	case code <= opusMostByCode:
		m := vorbisMappings[h.Channels]
		h.Family, h.Streams, h.Coupled, h.Mapping = 1, m.streams, m.coupled, m.mapping
	default:
		return nil, fmt.Errorf("opus with channel configuration 0x%02x", code)
	}
	return h.Bytes(), nil
}
