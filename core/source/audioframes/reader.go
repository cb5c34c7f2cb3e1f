package audioframes

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// maxSubstreams bounds what one frame of E-AC-3 consists of: 8 independent substreams with 8 dependent ones each. ETSI TS 102 366, E.1.3.1.2.
const maxSubstreams = 8 + 8*8

// Framing is how the frames of a raw audio format follow each other.
type Framing struct {
	name  string
	Codec flv.Codec
	sync  func(head []byte) bool // reports whether the first 4 bytes may be those of a frame
	Head  int                    // bytes that parse needs ...
	look  int                    // ... and is given, if there are so many
	Parse func(head []byte) (FrameHeader, error)
}

// FrameHeader is what the head of an audio frame says.
type FrameHeader struct {
	Header  int // bytes in front that are not sent
	Size    int // with them
	Samples int
	Rate    int    // of the samples, in Hz; 0: config says it
	Config  []byte // shared by all frames with an equal one; nil if the codec has none
	Follows bool   // belongs to the frame before: an additional E-AC-3 substream
	Silent  bool   // holds no audio: the Xing or Info header of MP3
	lies    string // what the header says that cannot be; empty if there is nothing
}

// like reports whether two frames are of the same stream, as far as their headers tell.
func (h *FrameHeader) like(other *FrameHeader) bool {
	return h.Rate == other.Rate && (len(h.Config) == 0) == (len(other.Config) == 0) &&
		(len(h.Config) == 0 || &h.Config[0] == &other.Config[0]) // equal headers share their configuration
}

// reader reads frames of audio that stand one after the other. What lies between them is passed over: tags, zeros, rubbish,
// a frame that is cut. Times come from the number of samples, so they do not drift.
type reader struct {
	media.Window
	media.AudioOnly
	Framing
	info   media.Info
	start  int64 // of the first frame
	warned bool  // of something that is no frame

	last    FrameHeader // of the frame before
	config  []byte
	rate    int
	base    time.Duration // where the sample rate began
	samples int64         // since then
	unit    flv.AccessUnit
	err     error
}

// Open opens a file of frames that follow each other as how says.
func Open(in *media.Input, how Framing) (media.Reader, error) {
	f := &reader{Window: media.Window{In: in}, Framing: how}
	h, err := f.find()
	if err == io.EOF {
		err = fmt.Errorf("%w: no %s frame", media.ErrBadMedia, f.name)
	}
	if err != nil {
		return nil, err
	}
	f.start = f.Offset
	if err := f.Rewind(); err != nil {
		return nil, err
	}
	unit, err := f.Next()
	if err == io.EOF {
		err = fmt.Errorf("%w: no %s frame", media.ErrBadMedia, f.name)
	}
	if err != nil {
		return nil, err
	}
	info, err := media.NewAudioInfo(f.Codec, unit.Config, unit.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: at offset %d: %w", media.ErrBadMedia, f.start, err)
	}
	if h.lies != "" {
		in.Warnf("the %s headers say what cannot be: %s", f.name, h.lies)
	}
	f.info.Audio = &info
	return f, f.Rewind()
}

// FindFormat looks for frames in a file that begins with something else.
func FindFormat(in *media.Input) (media.Format, bool) {
	quiet := &media.Input{ReaderAt: in.ReaderAt, Size: in.Size}
	for _, format := range Formats {
		if _, err := format.Open(quiet); err == nil {
			return format, true
		}
	}
	return media.Format{}, false
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Close() error { return f.In.Close() }

func (f *reader) Rewind() error {
	f.Goto(f.start)
	f.config, f.err, f.last = nil, nil, FrameHeader{}
	f.base, f.samples, f.rate = 0, 0, 0
	return nil
}

func (f *reader) End() time.Duration { return f.now() }

func (f *reader) now() time.Duration {
	if f.rate == 0 {
		return 0
	}
	return f.base + media.Ticks(f.samples, uint32(f.rate))
}

func (f *reader) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

// read takes the next frame, with what belongs to it.
func (f *reader) read() error {
	for {
		h, err := f.find()
		if err != nil {
			return err
		}
		if h.Silent {
			f.Skip(int64(h.Size))
			continue
		}
		return f.take(h)
	}
}

// header reads the header of the frame that begins n bytes from here.
func (f *reader) header(n int) (FrameHeader, error) {
	left := f.Left() - int64(n)
	if left <= 0 {
		return FrameHeader{}, io.EOF
	}
	b, err := f.Peek(n+int(min(int64(f.look), left)), "frame")
	if err != nil {
		return FrameHeader{}, err
	}
	head, at := b[n:], f.Offset+int64(n)
	if len(head) < f.Head {
		return FrameHeader{}, fmt.Errorf("%w: frame at offset %d needs %d bytes, %d are left", media.ErrTruncated, at, f.Head, left)
	}
	h, err := f.Parse(head)
	if err != nil {
		return FrameHeader{}, fmt.Errorf("%w: at offset %d: %w", media.ErrBadMedia, at, err)
	}
	return h, nil
}

func (f *reader) take(h FrameHeader) error {
	size := h.Size
	for n := 0; n < maxSubstreams; n++ { // a fault behind the frame comes when its turn has come
		if next, err := f.header(size); err != nil || !next.Follows || int64(size+next.Size) > f.Left() {
			break
		} else {
			size += next.Size
		}
	}
	frame, err := f.Peek(size, "frame")
	if err != nil {
		return err
	}
	f.unit = flv.AccessUnit{Kind: flv.Audio, Codec: f.Codec, Data: frame[h.Header:]}
	if err := f.setRate(h); err != nil {
		return err
	}
	f.unit.DTS = f.now()
	f.unit.PTS = f.unit.DTS
	f.samples += int64(h.Samples)
	f.Skip(int64(size))
	return nil
}

// setRate follows configuration and sample rate.
func (f *reader) setRate(h FrameHeader) error {
	rate := h.Rate
	if h.Config != nil {
		if f.config != nil && &f.config[0] == &h.Config[0] { // equal headers share their configuration
			return nil
		}
		var err error
		if rate, err = flv.CoreSampleRate(h.Config); err != nil {
			return fmt.Errorf("%w: at offset %d: %w", media.ErrBadMedia, f.Offset, err)
		}
		f.config, f.unit.Config = h.Config, h.Config
	}
	if rate != f.rate {
		f.base, f.samples, f.rate = f.now(), 0, rate
	}
	return nil
}
