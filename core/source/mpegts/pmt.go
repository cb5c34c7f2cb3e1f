package mpegts

import (
	"encoding/binary"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"luatrtmp/core/flv"
)

// Stream types, ISO/IEC 13818-1, table 2-34; from 0x80 on those of ATSC A/53 and of others that are in use.
const (
	typeMPEG1Audio  = 0x03
	typeMPEG2Audio  = 0x04
	typePrivateData = 0x06
	typeADTS        = 0x0F
	typeH264        = 0x1B
	typeHEVC        = 0x24
	typeAC3         = 0x81
	typeEAC3        = 0x87
)

// typeNames are those of stream types that cannot be sent.
var typeNames = map[uint8]string{
	0x01: "mpeg1 video", 0x02: "mpeg2 video", 0x05: "private sections", 0x10: "mpeg4 part 2", 0x11: "aac in LATM",
	0x15: "metadata", 0x33: "vvc", 0x42: "cavs", 0x80: "pcm or private", 0x82: "dts", 0x83: "truehd", 0x86: "scte 35",
	0xD1: "dirac", 0xEA: "vc1",
}

// unsentKind returns what a stream type that cannot be sent holds; 0 if that is neither video nor audio.
func unsentKind(streamType uint8) flv.Kind {
	switch streamType {
	case 0x01, 0x02, 0x10, 0x33, 0x42, 0xD1, 0xEA:
		return flv.Video
	case 0x11, 0x80, 0x82, 0x83:
		return flv.Audio
	}
	return 0
}

// Descriptors, ISO/IEC 13818-1, 2.6, and ETSI EN 300 468, table 12.
const (
	tagRegistration = 0x05
	tagTeletext     = 0x56
	tagSubtitling   = 0x59
	tagAC3          = 0x6A
	tagEAC3         = 0x7A
	tagExtension    = 0x7F
)

// Registration descriptors, ISO/IEC 13818-1, 2.6.8.
const (
	registeredOpus = 'O'<<24 | 'p'<<16 | 'u'<<8 | 's'
	registeredAC3  = 'A'<<24 | 'C'<<16 | '-'<<8 | '3'
	registeredEAC3 = 'E'<<24 | 'A'<<16 | 'C'<<8 | '3'
	registeredHEVC = 'H'<<24 | 'E'<<16 | 'V'<<8 | 'C'

	opusExtension = 0x80 // descriptor_tag_extension
)

// codecOf returns the codec of an elementary stream, and the configuration if it is Opus. If the stream
// cannot be sent, it returns NoCodec and a name for the log.
func codecOf(es *Stream) (codec flv.Codec, config []byte, name string) {
	switch es.Type {
	case typeH264:
		return flv.H264, nil, ""
	case typeHEVC:
		return flv.HEVC, nil, ""
	case typeADTS:
		return flv.AAC, nil, ""
	case typeMPEG1Audio, typeMPEG2Audio:
		return flv.MP3, nil, ""
	case typeAC3:
		return flv.AC3, nil, ""
	case typeEAC3:
		return flv.EAC3, nil, ""
	case typePrivateData:
		return private(es)
	}
	if name := typeNames[es.Type]; name != "" {
		return flv.NoCodec, nil, name
	}
	return flv.NoCodec, nil, fmt.Sprintf("stream type 0x%02x", es.Type)
}

// private looks at the descriptors of private data.
func private(es *Stream) (codec flv.Codec, config []byte, name string) {
	name = "private data"
	for _, d := range es.Descriptors {
		switch {
		case d.Tag == tagAC3:
			return flv.AC3, nil, ""
		case d.Tag == tagEAC3:
			return flv.EAC3, nil, ""
		case d.Tag == tagTeletext:
			name = "teletext"
		case d.Tag == tagSubtitling:
			name = "dvb subtitles"
		case d.Tag == tagRegistration && len(d.Data) >= 4:
			switch id := binary.BigEndian.Uint32(d.Data); id {
			case registeredOpus:
				codec, name = flv.Opus, "opus without its descriptor"
			case registeredAC3:
				return flv.AC3, nil, ""
			case registeredEAC3:
				return flv.EAC3, nil, ""
			case registeredHEVC:
				return flv.HEVC, nil, ""
			default:
				name = fmt.Sprintf("private data %q", d.Data[:4])
			}
		case d.Tag == tagExtension && len(d.Data) > 0 && d.Data[0] == opusExtension && codec == flv.Opus:
			var opus substructs.OpusAudioDescriptor
			err := opus.Unmarshal(d.Data[1:])
			if err == nil {
				config, err = opusHeadOfTS(&opus)
			}
			if err != nil {
				return flv.NoCodec, nil, fmt.Sprintf("opus: %v", err)
			}
			return flv.Opus, config, ""
		}
	}
	return flv.NoCodec, nil, name
}
