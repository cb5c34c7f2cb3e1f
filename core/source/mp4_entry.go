package source

import (
	"fmt"

	"github.com/abema/go-mp4"

	"luatrtmp/core/flv"
)

// Sizes of the fixed parts of sample entries. ISO/IEC 14496-12, 8.5.2 and 12; QuickTime File Format, "Sound Sample Description".
const (
	stsdHeader      = 8
	visualEntry     = 78
	audioEntry      = 28
	audioVersion    = 8 // offset of the version, which is 0 in MP4
	audioEntryV1    = audioEntry + 16
	audioEntryV2    = audioEntry + 36
	fullBoxHeader   = 4
	handlerTypeAt   = 8
	maxEntries      = 256
	maxWaveDepth    = 1
	objectTypeAAC   = 0x40 // ISO/IEC 14496-1, 7.2.6.6.2
	objectTypeAAC2  = 0x66 // MPEG-2 AAC: main, low complexity, scalable sampling rate
	objectTypeAAC2L = 0x68
)

// sampleEntry is how the samples of a track are coded.
type sampleEntry struct {
	config     []byte
	lengthSize int // H.264
	frame      sampleFrame
}

// sampleFrame is what the entry says of the picture or sound.
type sampleFrame struct {
	video flv.VideoInfo
	audio flv.AudioInfo
}

// codecNames are readable names of sample entries that cannot be sent.
var codecNames = map[string]string{
	"hvc1": "hevc", "hev1": "hevc", "dvh1": "hevc, Dolby Vision", "dvhe": "hevc, Dolby Vision", "av01": "av1", "vp08": "vp8", "vp09": "vp9",
	"mp4v": "mpeg4 part 2", "jpeg": "mjpeg", "mjpa": "mjpeg", "s263": "h263",
	"apcn": "prores", "apch": "prores", "apcs": "prores", "apco": "prores", "ap4h": "prores",
	"ac-3": "ac3", "ec-3": "eac3", "Opus": "opus", "fLaC": "flac", ".mp3": "mp3", "alac": "alac", "samr": "amr",
	"sowt": "pcm", "twos": "pcm", "lpcm": "pcm", "ipcm": "pcm", "fpcm": "pcm", "in24": "pcm", "ulaw": "G.711 mu-law", "alaw": "G.711 A-law",
}

func codecName(fourCC string) string {
	if name, ok := codecNames[fourCC]; ok {
		return name + " (" + fourCC + ")"
	}
	return fmt.Sprintf("%q", fourCC)
}

// errCodec is a codec that cannot be sent; the rest of the file may be good.
type errCodec struct{ text string }

func (e *errCodec) Error() string { return e.text }

// parseEntry reads one entry of stsd.
func parseEntry(kind flv.Kind, b box) (sampleEntry, error) {
	switch b.typ {
	case "encv", "enca":
		return sampleEntry{}, fmt.Errorf("encrypted media (%s at offset %d) is %w", b.typ, b.offset, ErrUnsupported)
	case "avc1", "avc2", "avc3", "avc4":
		if kind == flv.Video {
			return parseVisualEntry(b)
		}
	case "mp4a":
		if kind == flv.Audio {
			return parseAudioEntry(b)
		}
	}
	return sampleEntry{}, &errCodec{codecName(b.typ)}
}

func parseVisualEntry(b box) (sampleEntry, error) {
	var e sampleEntry
	children, err := b.skip(visualEntry)
	if err != nil {
		return e, err
	}
	err = children.each(func(c box) error {
		if c.typ == "avcC" {
			e.config = c.payload
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	if e.config == nil {
		return e, fmt.Errorf("%w: %s at offset %d has no avcC", ErrBadMedia, b.typ, b.offset)
	}
	var avc flv.AVC
	if err := avc.SetConfig(e.config); err != nil {
		return e, fmt.Errorf("%w: avcC in %s at offset %d: %w", ErrBadMedia, b.typ, b.offset, err)
	}
	e.lengthSize = avc.LengthSize()
	e.frame.video = avc.Info()
	if e.frame.video.Width == 0 { // avc3 may have its SPS in the samples only
		e.frame.video.Width = int(b.payload[24])<<8 | int(b.payload[25])
		e.frame.video.Height = int(b.payload[26])<<8 | int(b.payload[27])
	}
	return e, nil
}

func parseAudioEntry(b box) (sampleEntry, error) {
	var e sampleEntry
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
	esds, err := findESDS(children, 0)
	if err != nil {
		return e, err
	}
	if esds == nil {
		return e, fmt.Errorf("%w: mp4a at offset %d has no esds", ErrBadMedia, b.offset)
	}
	objectType, config, err := parseESDS(*esds)
	if err != nil {
		return e, err
	}
	if objectType != objectTypeAAC && (objectType < objectTypeAAC2 || objectType > objectTypeAAC2L) {
		return e, &errCodec{fmt.Sprintf("mp4a with object type 0x%02x", objectType)}
	}
	if e.frame.audio, err = flv.ParseASC(config); err != nil {
		return e, &errCodec{fmt.Sprintf("mp4a: %v", err)}
	}
	e.config = config
	return e, nil
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

// parseESDS reads object type and decoder specific info. ISO/IEC 14496-14, 5.6.
func parseESDS(b box) (objectType byte, config []byte, err error) {
	var esds mp4.Esds
	if err := b.decode(&esds); err != nil {
		return 0, nil, err
	}
	for _, d := range esds.Descriptors {
		switch d.Tag {
		case mp4.DecoderConfigDescrTag:
			if d.DecoderConfigDescriptor != nil {
				objectType = d.DecoderConfigDescriptor.ObjectTypeIndication
			}
		case mp4.DecSpecificInfoTag:
			if config == nil {
				config = d.Data
			}
		}
	}
	return objectType, config, nil
}
