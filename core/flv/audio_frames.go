package flv

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/eac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg1audio"
)

// audioFrame is what the header of a frame says.
type audioFrame struct {
	rate, channels int
	samples        int
	size           int // in bytes
}

// readMP3 reads the header of an MPEG audio frame: ISO/IEC 11172-3, 2.4.1.3, and ISO/IEC 13818-3. The error wraps ErrBadFrame.
func readMP3(frame []byte) (f audioFrame, err error) {
	const headerSize = 5 // that mediacommon wants; no frame is shorter
	if len(frame) < headerSize {
		return f, fmt.Errorf("%w: MP3 frame of %d bytes", ErrBadFrame, len(frame))
	}
	// MPEG-2.5 halves the sample rates of MPEG-2 and differs by the last bit of the sync word, where mediacommon does not look for it.
	head := [headerSize]byte(frame)
	half := head[0] == 0xFF && head[1]&0xF8 == 0xE0
	if half {
		head[1] |= 0x10
	}
	var h mpeg1audio.FrameHeader
	if err = h.Unmarshal(head[:]); err != nil {
		return f, fmt.Errorf("%w: MP3 frame that begins with % x: %w", ErrBadFrame, frame[:4], err)
	}
	if h.Layer != 3 {
		return f, fmt.Errorf("%w: MPEG audio of layer %d (MP2), expected layer 3 (MP3)", ErrBadFrame, h.Layer)
	}
	f = audioFrame{rate: h.SampleRate, channels: 2, samples: h.SampleCount()}
	if half {
		f.rate /= 2
	}
	if h.ChannelMode == mpeg1audio.ChannelModeMono {
		f.channels = 1
	}
	f.size = f.samples / 8 * h.Bitrate / f.rate
	if h.Padding {
		f.size++
	}
	return f, nil
}

// ac3Bsid returns the bit stream identification, which is at the same place in AC-3 and E-AC-3. ETSI TS 102 366, 4.3.1 and E.1.2.2.
func ac3Bsid(frame []byte) byte { return frame[5] >> 3 }

const (
	ac3HeaderSize  = 8
	ac3MaxBsid     = 8
	eac3FirstBsid  = 11
	eac3Bsid       = 16
	eac3Dependent  = 1 // strmtyp
	eac3BlockSize  = 256
	ac3SyncFirst   = 0x0B
	ac3SyncSecond  = 0x77
	ac3BSIPosition = 5
)

// readAC3 reads the header of an AC-3 frame: ETSI TS 102 366, 4.3. The error wraps ErrBadFrame.
func readAC3(frame []byte) (f audioFrame, err error) {
	if err = checkAC3Sync(AC3, frame); err != nil {
		return f, err
	}
	if bsid := ac3Bsid(frame); bsid > ac3MaxBsid {
		return f, fmt.Errorf("%w: AC-3 with bsid %d, expected at most %d (E-AC-3 has %d)", ErrBadFrame, bsid, ac3MaxBsid, eac3Bsid)
	}
	var (
		sync ac3.SyncInfo
		bsi  ac3.BSI
	)
	if err = sync.Unmarshal(frame); err == nil {
		err = bsi.Unmarshal(frame[ac3BSIPosition:])
	}
	if err != nil {
		return f, fmt.Errorf("%w: AC-3 frame of %d bytes: %w", ErrBadFrame, len(frame), err)
	}
	return audioFrame{rate: sync.SampleRate(), channels: bsi.ChannelCount(), samples: ac3.SamplesPerFrame, size: sync.FrameSize()}, nil
}

// readEAC3 reads the header of an E-AC-3 frame: ETSI TS 102 366, E.1.2. Dependent substreams may follow the independent one, with which
// they make a frame; their channels are not counted. The error wraps ErrBadFrame.
func readEAC3(frame []byte) (f audioFrame, err error) {
	if err = checkAC3Sync(EAC3, frame); err != nil {
		return f, err
	}
	var h eac3.SyncInfo
	if err = h.Unmarshal(frame); err != nil {
		return f, fmt.Errorf("%w: E-AC-3 frame of %d bytes: %w", ErrBadFrame, len(frame), err)
	}
	if h.Strmtyp == eac3Dependent {
		return f, fmt.Errorf("%w: E-AC-3 frame begins with a dependent substream", ErrBadFrame)
	}
	return audioFrame{
		rate: h.SampleRate(), channels: h.ChannelCount(), samples: h.NumBlocks() * eac3BlockSize, size: h.FrameSize(),
	}, nil
}

func checkAC3Sync(c Codec, frame []byte) error {
	if len(frame) < ac3HeaderSize {
		return fmt.Errorf("%w: %v frame of %d bytes", ErrBadFrame, c, len(frame))
	}
	if frame[0] != ac3SyncFirst || frame[1] != ac3SyncSecond {
		return fmt.Errorf("%w: %v frame begins with %02x %02x, expected the sync word 0b 77", ErrBadFrame, c, frame[0], frame[1])
	}
	return nil
}

// FrameSamples returns how many samples per channel one frame has. They count at the sample rate of the media; for Opus at OpusRate, for
// HE-AAC at that of the core (see CoreSampleRate). G.711 is taken for mono. The error wraps ErrBadFrame or ErrUnsupportedCodec.
func FrameSamples(c Codec, frame []byte) (int, error) {
	switch c {
	case AAC:
		return SamplesPerFrame, nil
	case PCMA, PCMU:
		return len(frame), nil
	case FLAC:
		return flacSamples(frame)
	case Opus:
		var t opusTrack
		return opusSamples(frame), t.Take(frame)
	case MP3:
		f, err := readMP3(frame)
		return f.samples, err
	case AC3:
		f, err := readAC3(frame)
		return f.samples, err
	case EAC3:
		f, err := readEAC3(frame)
		return f.samples, err
	}
	return 0, fmt.Errorf("%w: %v has no samples", ErrUnsupportedCodec, c)
}
