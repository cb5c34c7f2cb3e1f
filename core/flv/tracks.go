package flv

import "fmt"

// NewVideoTrack returns a track of a video codec about which nothing is known yet. The error wraps ErrUnsupportedCodec.
func NewVideoTrack(c Codec) (VideoTrack, error) {
	switch c {
	case H264:
		return &h264Track{}, nil
	case HEVC:
		return &hevcTrack{}, nil
	case AV1:
		return &av1Track{}, nil
	case VP9:
		return &vpTrack{codec: VP9, read: readVP9}, nil
	case VP8:
		return &vpTrack{codec: VP8, read: readVP8}, nil
	}
	return nil, fmt.Errorf("%q as video %w", c.String(), ErrUnsupportedCodec)
}

// NewAudioTrack returns a track of an audio codec about which nothing is known yet. The error wraps ErrUnsupportedCodec.
func NewAudioTrack(c Codec) (AudioTrack, error) {
	switch c {
	case AAC:
		return &aacTrack{}, nil
	case MP3:
		return &selfDescribing{codec: MP3, read: readMP3}, nil
	case Opus:
		return &opusTrack{}, nil
	case FLAC:
		return &flacTrack{}, nil
	case AC3:
		return &selfDescribing{codec: AC3, read: readAC3}, nil
	case EAC3:
		return &selfDescribing{codec: EAC3, read: readEAC3}, nil
	case PCMA, PCMU:
		return &g711Track{codec: c, channels: 1}, nil
	}
	return nil, fmt.Errorf("%q as audio %w", c.String(), ErrUnsupportedCodec)
}
