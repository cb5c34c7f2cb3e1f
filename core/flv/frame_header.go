package flv

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/eac3"
)

// FrameHeader is what the header of an audio frame that describes itself says: how frames are told apart that stand one after the other.
type FrameHeader struct {
	Size       int  // in bytes, with the header
	Samples    int  // per channel
	SampleRate int  // in Hz
	Follows    bool // a further substream of E-AC-3, which belongs to the frame before
}

// FrameHeaderSize is the number of bytes that ParseFrameHeader needs.
const FrameHeaderSize = 8

// ParseFrameHeader reads the header of a frame, or substream, of MP3, AC-3 or E-AC-3. head may have more bytes than the header, also less than the
// frame. The error wraps ErrBadFrame or ErrUnsupportedCodec.
func ParseFrameHeader(c Codec, head []byte) (FrameHeader, error) {
	if len(head) < FrameHeaderSize {
		return FrameHeader{}, fmt.Errorf("%w: %d bytes of %v, the header has %d", ErrBadFrame, len(head), c, FrameHeaderSize)
	}
	switch c {
	case MP3:
		f, err := readMP3(head)
		return f.header(err)
	case AC3:
		f, err := readAC3(head)
		return f.header(err)
	case EAC3:
		if err := checkAC3Sync(c, head); err != nil {
			return FrameHeader{}, err
		}
		var h eac3.SyncInfo
		if err := h.Unmarshal(head); err != nil {
			return FrameHeader{}, fmt.Errorf("%w: E-AC-3: %w", ErrBadFrame, err)
		}
		f, err := audioFrame{rate: h.SampleRate(), samples: h.NumBlocks() * eac3BlockSize, size: h.FrameSize()}.header(nil)
		f.Follows = h.Strmtyp == eac3Dependent || h.Substreamid > 0
		return f, err
	}
	return FrameHeader{}, fmt.Errorf("%w: %v has no frame header", ErrUnsupportedCodec, c)
}

// header refuses sizes and rates with which nobody gets ahead.
func (f audioFrame) header(err error) (FrameHeader, error) {
	if err == nil && (f.size < FrameHeaderSize || f.rate <= 0 || f.samples <= 0) {
		err = fmt.Errorf("%w: %d bytes, %d samples at %d Hz", ErrBadFrame, f.size, f.samples, f.rate)
	}
	return FrameHeader{Size: f.size, Samples: f.samples, SampleRate: f.rate}, err
}
