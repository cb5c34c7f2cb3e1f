package source

import (
	"fmt"

	"github.com/asticode/go-astits"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"

	"luatrtmp/core/flv"
)

// Stream types beyond those that the library names. ISO/IEC 13818-1, table 2-34.
var tsNames = map[astits.StreamType]string{
	astits.StreamTypeMPEG1Video: "mpeg1 video", astits.StreamTypeMPEG2Video: "mpeg2 video", astits.StreamTypeMPEG4Video: "mpeg4 part 2",
	astits.StreamTypeAACLATMAudio: "aac in LATM", astits.StreamTypePrivateSection: "private sections", astits.StreamTypeMetadata: "metadata",
	astits.StreamTypeCAVSVideo: "cavs", astits.StreamTypeVC1Video: "vc1", astits.StreamTypeDIRACVideo: "dirac",
	astits.StreamTypeDTSAudio: "dts", astits.StreamTypeTRUEHDAudio: "truehd", astits.StreamTypeSCTE35: "scte 35", 0x33: "vvc", 0x80: "pcm or private",
}

// Registration descriptors, ISO/IEC 13818-1, 2.6.8.
const (
	registeredOpus = 'O'<<24 | 'p'<<16 | 'u'<<8 | 's'
	registeredAC3  = 'A'<<24 | 'C'<<16 | '-'<<8 | '3'
	registeredEAC3 = 'E'<<24 | 'A'<<16 | 'C'<<8 | '3'
	registeredHEVC = 'H'<<24 | 'E'<<16 | 'V'<<8 | 'C'

	opusExtension = 0x80 // descriptor_tag_extension
)

// tsCodec tells what an elementary stream is coded in; NoCodec, with a name for the log, if it cannot be sent. config is that of Opus.
func tsCodec(es *astits.PMTElementaryStream) (codec flv.Codec, config []byte, name string) {
	switch es.StreamType {
	case astits.StreamTypeH264Video:
		return flv.H264, nil, ""
	case astits.StreamTypeH265Video:
		return flv.HEVC, nil, ""
	case astits.StreamTypeAACAudio:
		return flv.AAC, nil, ""
	case astits.StreamTypeMPEG1Audio, astits.StreamTypeMPEG2Audio:
		return flv.MP3, nil, ""
	case astits.StreamTypeAC3Audio:
		return flv.AC3, nil, ""
	case astits.StreamTypeEAC3Audio:
		return flv.EAC3, nil, ""
	case astits.StreamTypePrivateData:
		return tsPrivate(es)
	}
	if name, ok := tsNames[es.StreamType]; ok {
		return flv.NoCodec, nil, name
	}
	return flv.NoCodec, nil, fmt.Sprintf("stream type 0x%02x", uint8(es.StreamType))
}

// tsPrivate looks at the descriptors of private data.
func tsPrivate(es *astits.PMTElementaryStream) (codec flv.Codec, config []byte, name string) {
	name = "private data"
	for _, d := range es.ElementaryStreamDescriptors {
		switch {
		case d.AC3 != nil:
			return flv.AC3, nil, ""
		case d.EnhancedAC3 != nil:
			return flv.EAC3, nil, ""
		case d.Teletext != nil:
			name = "teletext"
		case d.Subtitling != nil:
			name = "dvb subtitles"
		case d.Registration != nil:
			switch id := d.Registration.FormatIdentifier; id {
			case registeredOpus:
				codec, name = flv.Opus, "opus without its descriptor"
			case registeredAC3:
				return flv.AC3, nil, ""
			case registeredEAC3:
				return flv.EAC3, nil, ""
			case registeredHEVC:
				return flv.HEVC, nil, ""
			default:
				name = fmt.Sprintf("private data %q", []byte{byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)})
			}
		case d.Extension != nil && d.Extension.Tag == opusExtension && d.Extension.Unknown != nil && codec == flv.Opus:
			var opus substructs.OpusAudioDescriptor
			err := opus.Unmarshal(*d.Extension.Unknown)
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
