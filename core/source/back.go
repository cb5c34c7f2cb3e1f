package source

import (
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// backward is a medium that goes back to key frames: it has each medium note where the last one was.
type backward struct {
	media.Reader
	noted bool          // Next has returned a key frame
	at    time.Duration // its decode time
	what  fingerprint   // what it was
	atKey bool          // it is the unit that Next returned last

	seeking bool            // the key frame that was gone back to has not come yet
	configs [2]passedConfig // of video and audio
	frame   [1][]byte
}

// passedConfig is the configuration of a unit that was passed over.
type passedConfig struct {
	codec  flv.Codec
	config []byte
}

func (b *backward) Next() (*flv.AccessUnit, error) {
	unit, err := b.Reader.Next()
	if err != nil {
		return nil, err
	}
	config := &b.configs[1]
	if unit.Kind == flv.Video {
		config = &b.configs[0]
	}
	key := b.isKey(unit)
	if b.seeking && (!key || unit.DTS < b.at && b.what != fingerprintOf(unit)) {
		if unit.Config != nil {
			*config = passedConfig{unit.Codec, unit.Config}
		}
		return nil, ErrAgain
	}
	b.seeking = false
	if unit.Config == nil && unit.Codec == config.codec {
		unit.Config = config.config
	}
	*config = passedConfig{}
	if b.atKey = key; key {
		b.noted, b.at, b.what = true, unit.DTS, fingerprintOf(unit)
		b.Reader.Mark()
	}
	return unit, nil
}

func (b *backward) isKey(unit *flv.AccessUnit) bool {
	if unit.Kind != flv.Video {
		return false
	}
	codec := unit.Codec
	if codec == flv.NoCodec {
		codec = flv.H264
	}
	if codec.HasNALUs() {
		return codec.IsKey(unit.NALUs)
	}
	b.frame[0] = unit.Data
	return codec.IsKey(b.frame[:])
}

// fingerprint distinguishes a key frame from others. Its time alone does not: where time stamps jump, it may
// have another one when it comes again.
type fingerprint struct {
	size int
	end  [16]byte
}

func fingerprintOf(unit *flv.AccessUnit) fingerprint {
	f, last := fingerprint{size: len(unit.Data)}, unit.Data
	for _, nalu := range unit.NALUs {
		f.size += len(nalu)
		last = nalu
	}
	copy(f.end[:], last[max(len(last)-len(f.end), 0):])
	return f
}

// Back implements Source.
func (b *backward) Back() error {
	if !b.noted {
		return nil
	}
	b.configs = [2]passedConfig{}
	b.seeking = true
	return b.Reader.Back()
}
