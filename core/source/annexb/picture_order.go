package annexb

import (
	"luatrtmp/core/flv"
)

// pictureOrder is what a picture of a byte stream says of the order in which pictures are shown.
type pictureOrder struct {
	known      bool  // its parameter sets are there; without them all else is 0
	ordered    bool  // lsb says when it is shown; otherwise it is shown when it is decoded
	restart    bool  // the count begins anew
	reference  bool  // later counts build on this one
	field      bool  // half a frame
	lsb, size  int64 // the count modulo size
	restartLSB int64 // what lsb is compared with at a restart

	// undecodable: the picture refers to others that are not in the stream, and no decoder shows it.
	undecodable bool

	reorder int64 // pictures that the decoder holds back, as the encoder says; 0: it does not say
}

// pictures looks at the NAL units of a codec, to find where access units begin.
type pictures interface {
	// take looks at the next NAL unit for a picture that is being put together. first tells that the unit begins another one, and then nothing
	// is taken. The error says what is wrong with the unit.
	take(p *picture, nalu []byte) (first bool, err error)

	// record returns the decoder configuration, nil until it is known.
	record() []byte

	// info returns what the parameter sets say.
	info() flv.VideoInfo
}

// newPictures is for H.264 and HEVC.
func newPictures(codec flv.Codec) (pictures, error) {
	if codec == flv.HEVC {
		return newHEVCPictures()
	}
	return &avcPictures{}, nil
}
