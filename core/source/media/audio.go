package media

import (
	"luatrtmp/core/flv"
)

// NewAudioInfo describes audio by its configuration and a frame. Each may be nil.
func NewAudioInfo(codec flv.Codec, config, frame []byte) (flv.AudioInfo, error) {
	track, err := flv.NewAudioTrack(codec)
	if err != nil {
		return flv.AudioInfo{}, err
	}
	if config != nil {
		if err := track.SetConfig(config); err != nil {
			return flv.AudioInfo{}, err
		}
	}
	if frame != nil {
		if err := track.Take(frame); err != nil {
			return flv.AudioInfo{}, err
		}
	}
	return track.Info(), nil
}
