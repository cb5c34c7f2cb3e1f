package mp4

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/Eyevinn/mp4ff/mp4"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

func parseAudioEntry(b box) (e sampleEntry, err error) {
	if len(b.payload) < audioEntry {
		return e, b.short(audioEntry)
	}
	size := audioEntry
	switch b.payload[audioVersion+1] {
	case 1:
		size = audioEntryV1
	case 2:
		size = audioEntryV2
	}
	children, err := b.skip(size)
	if err != nil {
		return e, err
	}
	rate, channels := soundFormat(b)
	e.frame.audio = flv.AudioInfo{SampleRate: rate, Channels: channels} // until the configuration, or the first frame, says it better
	switch b.typ {
	case "Opus":
		e.codec = flv.Opus
		e.config, err = findOpus(children)
	case "fLaC":
		e.codec = flv.FLAC
		e.config, err = findFLAC(children)
	case "ac-3":
		e.codec = flv.AC3
	case "ec-3":
		e.codec = flv.EAC3
	case "mp4a":
		err = e.parseMP4A(children)
	case "alaw", "ms\x00\x06":
		e.codec = flv.PCMA
	case "ulaw", "ms\x00\x07":
		e.codec = flv.PCMU
	default:
		e.codec = flv.MP3
	}
	if err != nil {
		return e, err
	}
	e.frame.audio.Codec = e.codec
	if e.isG711() {
		if e.config, err = flv.G711Config(rate, channels); err != nil {
			return e, &errCodec{fmt.Sprintf("%s: %v", strings.ReplaceAll(b.typ, "\x00", "."), err)}
		}
	}
	if e.config == nil && (e.codec == flv.Opus || e.codec == flv.FLAC) {
		return e, fmt.Errorf("%w: %s at offset %d has no configuration", media.ErrBadMedia, b.typ, b.offset)
	}
	if e.config != nil {
		if e.frame.audio, err = media.NewAudioInfo(e.codec, e.config, nil); err != nil {
			return e, &errCodec{fmt.Sprintf("%s: %v", b.typ, err)}
		}
	}
	return e, nil
}

// soundFormat returns the sample rate in Hz and the number of channels that a sound description says.
func soundFormat(b box) (rate, channels int) {
	if b.payload[audioVersion+1] == 2 && len(b.payload) >= audioEntryV2 {
		hz := math.Float64frombits(binary.BigEndian.Uint64(b.payload[audioEntryRateV2:]))
		if !(hz >= 0 && hz <= math.MaxInt32) {
			hz = 0
		}
		return int(hz), int(min(binary.BigEndian.Uint32(b.payload[audioEntryChannelsV2:]), math.MaxUint16))
	}
	return int(binary.BigEndian.Uint16(b.payload[audioEntryRate:])), int(binary.BigEndian.Uint16(b.payload[audioEntryChannels:]))
}

func (e *sampleEntry) isG711() bool { return e.codec == flv.PCMA || e.codec == flv.PCMU }

// objectNames are readable names of object types that cannot be sent: those of the register at mp4ra.org, and 0xDD, which muxers
// write for Vorbis.
var objectNames = map[byte]string{0xA9: "dts", 0xAA: "dts", 0xAB: "dts", 0xAC: "dts", 0xDD: "vorbis"}

// parseMP4A reads an mp4a entry, whose esds has the codec.
func (e *sampleEntry) parseMP4A(children box) error {
	esds, err := findESDS(children, 0)
	if err != nil {
		return err
	}
	if esds == nil {
		return fmt.Errorf("%w: mp4a at offset %d has no esds", media.ErrBadMedia, children.offset)
	}
	objectType, config, err := esds.elementaryStream()
	if err != nil {
		return err
	}
	switch {
	case objectType == objectTypeAAC, objectType >= objectTypeAAC2 && objectType <= objectTypeAAC2L:
		e.codec, e.config = flv.AAC, config
		if config == nil {
			return &errCodec{"mp4a: AAC without its configuration"}
		}
	case objectType == objectTypeMP3, objectType == objectTypeMP3LS:
		e.codec = flv.MP3
	case objectType == objectTypeAC3:
		e.codec = flv.AC3
	case objectType == objectTypeEAC3:
		e.codec = flv.EAC3
	default:
		name := fmt.Sprintf("mp4a with object type 0x%02x", objectType)
		if known := objectNames[objectType]; known != "" {
			name = fmt.Sprintf("%s (%s)", known, name)
		}
		return &errCodec{name}
	}
	return nil
}

// findOpus makes the identification header of dOps, which has the same in big-endian order. "Encapsulation of Opus in ISO Base Media File Format".
func findOpus(children box) (config []byte, err error) {
	err = children.each(func(c box) error {
		if c.typ != "dOps" {
			return nil
		}
		d, err := decode[*mp4.DopsBox](c, mp4.DecodeDopsSR)
		if err != nil {
			return err
		}
		h := media.OpusHead{
			Channels: int(d.OutputChannelCount), PreSkip: d.PreSkip, Rate: d.InputSampleRate, Gain: d.OutputGain, Family: d.ChannelMappingFamily,
			Streams: int(d.StreamCount), Coupled: int(d.CoupledCount), Mapping: d.ChannelMapping,
		}
		config = h.Bytes()
		return errStop
	})
	return config, err
}

// findFLAC takes the stream header of dfLa. "Encapsulation of FLAC in ISO Base Media File Format".
func findFLAC(children box) (config []byte, err error) {
	err = children.each(func(c box) error {
		if c.typ != "dfLa" {
			return nil
		}
		blocks, err := c.skip(fullBoxHeader)
		if err != nil {
			return err
		}
		track, err := flv.NewAudioTrack(flv.FLAC)
		if err == nil {
			err = track.SetConfig(blocks.payload)
		}
		if err != nil {
			return fmt.Errorf("%w: dfLa at offset %d: %w", media.ErrBadMedia, c.offset, err)
		}
		config = track.Record()
		return errStop
	})
	return config, err
}

// findESDS looks for esds among the boxes, and in QuickTime's wave.
func findESDS(b box, depth int) (found *box, err error) {
	err = b.each(func(c box) error {
		switch {
		case c.typ == "esds":
			found = &c
		case c.typ == "wave" && depth < maxWaveDepth:
			if inner, err := findESDS(c, depth+1); err != nil || inner != nil {
				found = inner
				return err
			}
		}
		if found != nil {
			return errStop
		}
		return nil
	})
	return found, err
}
