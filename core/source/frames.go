package source

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

// Tags of metadata around the frames.
const (
	id3HeaderSize = 10 // ID3v2, in front; also of ADTS in files cut from HLS
	id3FooterFlag = 0x10
	id3v1Size     = 128 // at the end: "TAG"

	// maxSubstreams bounds what one frame of E-AC-3 consists of: 8 independent substreams with 8 dependent ones each. ETSI TS 102 366, E.1.3.1.2.
	maxSubstreams = 8 + 8*8
)

// trailers begin what follows the last frame: ID3v1, APEv2 and Lyrics3.
var trailers = []string{"TAG", "APETAGEX", "LYRICSBEGIN"}

// framing is how the frames of a raw audio format follow each other.
type framing struct {
	name  string
	codec flv.Codec
	head  int // bytes that parse needs ...
	look  int // ... and is given, if there are so many
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
}

// framesFile reads frames of audio that stand one after the other. Times come from the number of samples, so they do not drift.
type framesFile struct {
	window
	onlyAudio
	framing
	info  Info
	start int64 // of the first frame

	config  []byte
	rate    int
	base    time.Duration // where the sample rate began
	samples int64         // since then
	unit    flv.AccessUnit
	err     error
}

func openFrames(in *input, how framing) (medium, error) {
	f := &framesFile{window: window{in: in}, framing: how}
	var err error
	if f.start, err = skipID3(in); err != nil {
		return nil, err
	}
	if err = f.rewind(); err != nil {
		return nil, err
	}
	unit, err := f.Next()
	if err != nil {
		if err == io.EOF {
			err = fmt.Errorf("%w: no %s frame", ErrBadMedia, f.name)
		}
		return nil, err
	}
	info, err := audioInfo(f.codec, unit.Config, unit.Data)
	if err != nil {
		return nil, fmt.Errorf("%w: at offset %d: %w", ErrBadMedia, f.start, err)
	}
	f.info.Audio = &info
	return f, f.rewind()
}

// skipID3 returns the offset behind an ID3v2 tag (its size is in 4 bytes of 7 bits), 0 if there is none.
func skipID3(in *input) (int64, error) {
	var h [id3HeaderSize]byte
	if _, err := in.ReadAt(h[:], 0); err != nil && err != io.EOF {
		return 0, err
	}
	return id3Size(h[:]), nil
}

// id3Size returns the size of the ID3v2 tag that head begins with, 0 if it does not.
func id3Size(head []byte) int64 {
	if len(head) < id3HeaderSize || string(head[:3]) != "ID3" {
		return 0
	}
	size := int64(head[6]&0x7F)<<21 | int64(head[7]&0x7F)<<14 | int64(head[8]&0x7F)<<7 | int64(head[9]&0x7F)
	size += id3HeaderSize
	if head[5]&id3FooterFlag != 0 {
		size += id3HeaderSize
	}
	return size
}

func (f *framesFile) Info() Info { return f.info }

func (f *framesFile) Close() error { return f.in.Close() }

func (f *framesFile) rewind() error {
	f.offset = f.start
	f.config, f.err = nil, nil
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
		h, err := f.header(0)
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

// header reads the header of the frame that begins n bytes from here; io.EOF at the end.
func (f *framesFile) header(n int) (frameHeader, error) {
	left := f.left() - int64(n)
	if left <= 0 {
		return frameHeader{}, io.EOF
	}
	b, err := f.peek(n+int(min(int64(f.look), left)), "frame")
	if err != nil {
		return frameHeader{}, err
	}
	head := b[n:]
	for _, t := range trailers {
		if bytes.HasPrefix(head, []byte(t)) && (t != "TAG" || left == id3v1Size) {
			return frameHeader{}, io.EOF
		}
	}
	at := f.offset + int64(n)
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
