package source

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

// maxSubstreams bounds what one frame of E-AC-3 consists of: 8 independent substreams with 8 dependent ones each. ETSI TS 102 366, E.1.3.1.2.
const maxSubstreams = 8 + 8*8

// framing is how the frames of a raw audio format follow each other.
type framing struct {
	name  string
	codec flv.Codec
	sync  func(head []byte) bool // reports whether the first 4 bytes may be those of a frame
	head  int                    // bytes that parse needs ...
	look  int                    // ... and is given, if there are so many
	parse func(head []byte) (frameHeader, error)
}

// frameHeader is what the head of an audio frame says.
type frameHeader struct {
	header  int // bytes in front that are not sent
	size    int // with them
	samples int
	rate    int    // of the samples, in Hz; 0: config says it
	config  []byte // shared by all frames with an equal one; nil if the codec has none
	follows bool   // belongs to the frame before: an additional E-AC-3 substream
	silent  bool   // holds no audio: the Xing or Info header of MP3
	lies    string // what the header says that cannot be; empty if there is nothing
}

// like reports whether two frames are of the same stream, as far as their headers tell.
func (h *frameHeader) like(other *frameHeader) bool {
	return h.rate == other.rate && (len(h.config) == 0) == (len(other.config) == 0) &&
		(len(h.config) == 0 || &h.config[0] == &other.config[0]) // equal headers share their configuration
}

// framesFile reads frames of audio that stand one after the other. What lies between them is passed over: tags, zeros, rubbish,
// a frame that is cut. Times come from the number of samples, so they do not drift.
type framesFile struct {
	window
	onlyAudio
	framing
	info   Info
	start  int64 // of the first frame
	warned bool  // of something that is no frame

	last    frameHeader // of the frame before
	config  []byte
	rate    int
	base    time.Duration // where the sample rate began
	samples int64         // since then
	unit    flv.AccessUnit
	err     error
}

func openFrames(in *input, how framing) (medium, error) {
	f := &framesFile{window: window{in: in}, framing: how}
	h, err := f.find()
	if err == io.EOF {
		err = fmt.Errorf("%w: no %s frame", ErrBadMedia, f.name)
	}
	if err != nil {
		return nil, err
	}
	f.start = f.offset
	if err := f.rewind(); err != nil {
		return nil, err
	}
	unit, err := f.Next()
	if err == io.EOF {
		err = fmt.Errorf("%w: no %s frame", ErrBadMedia, f.name)
	}
	if err != nil {
		return nil, err
	}
	info, err := audioInfo(f.codec, unit.Config, unit.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: at offset %d: %w", ErrBadMedia, f.start, err)
	}
	if h.lies != "" {
		in.warnf("the %s headers say what cannot be: %s", f.name, h.lies)
	}
	f.info.Audio = &info
	return f, f.rewind()
}

// findFraming looks for frames in a file that begins with something else.
func findFraming(in *input) (framing, bool) {
	quiet := &input{ReaderAt: in.ReaderAt, size: in.size}
	for _, how := range []framing{adtsFraming, mp3Framing, ac3Framing, eac3Framing} {
		if _, err := openFrames(quiet, how); err == nil {
			return how, true
		}
	}
	return framing{}, false
}

func (f *framesFile) Info() Info { return f.info }

func (f *framesFile) Close() error { return f.in.Close() }

func (f *framesFile) rewind() error {
	f.seek(f.start)
	f.config, f.err, f.last = nil, nil, frameHeader{}
	f.base, f.samples, f.rate = 0, 0, 0
	return nil
}

func (f *framesFile) end() time.Duration { return f.now() }

func (f *framesFile) now() time.Duration {
	if f.rate == 0 {
		return 0
	}
	return f.base + ticks(f.samples, uint32(f.rate))
}

func (f *framesFile) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

// read takes the next frame, with what belongs to it.
func (f *framesFile) read() error {
	for {
		h, err := f.find()
		if err != nil {
			return err
		}
		if h.silent {
			f.skip(int64(h.size))
			continue
		}
		return f.take(h)
	}
}

// header reads the header of the frame that begins n bytes from here.
func (f *framesFile) header(n int) (frameHeader, error) {
	left := f.left() - int64(n)
	if left <= 0 {
		return frameHeader{}, io.EOF
	}
	b, err := f.peek(n+int(min(int64(f.look), left)), "frame")
	if err != nil {
		return frameHeader{}, err
	}
	head, at := b[n:], f.offset+int64(n)
	if len(head) < f.head {
		return frameHeader{}, fmt.Errorf("%w: frame at offset %d needs %d bytes, %d are left", ErrTruncated, at, f.head, left)
	}
	h, err := f.parse(head)
	if err != nil {
		return frameHeader{}, fmt.Errorf("%w: at offset %d: %w", ErrBadMedia, at, err)
	}
	return h, nil
}

func (f *framesFile) take(h frameHeader) error {
	size := h.size
	for n := 0; n < maxSubstreams; n++ { // a fault behind the frame comes when its turn has come
		if next, err := f.header(size); err != nil || !next.follows || int64(size+next.size) > f.left() {
			break
		} else {
			size += next.size
		}
	}
	frame, err := f.peek(size, "frame")
	if err != nil {
		return err
	}
	f.unit = flv.AccessUnit{Kind: flv.Audio, Codec: f.codec, Data: frame[h.header:]}
	if err := f.setRate(h); err != nil {
		return err
	}
	f.unit.DTS = f.now()
	f.unit.PTS = f.unit.DTS
	f.samples += int64(h.samples)
	f.skip(int64(size))
	return nil
}

// setRate follows configuration and sample rate.
func (f *framesFile) setRate(h frameHeader) error {
	rate := h.rate
	if h.config != nil {
		if f.config != nil && &f.config[0] == &h.config[0] { // equal headers share their configuration
			return nil
		}
		var err error
		if rate, err = flv.CoreSampleRate(h.config); err != nil {
			return fmt.Errorf("%w: at offset %d: %w", ErrBadMedia, f.offset, err)
		}
		f.config, f.unit.Config = h.config, h.config
	}
	if rate != f.rate {
		f.base, f.samples, f.rate = f.now(), 0, rate
	}
	return nil
}
