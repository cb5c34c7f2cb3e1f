package source

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

const (
	// defaultFPS is the frame rate of a byte stream that does not say it.
	defaultFPS = 25

	// What is read before the first picture is delivered, to learn the order of pictures.
	annexBProbePictures = 128
	annexBProbeBytes    = 8 << 20
)

// annexBFile reads H.264 or HEVC in byte stream format (annex B of both).
type annexBFile struct {
	*input
	codec   flv.Codec
	info    Info
	learned pictureClock // as it is before the first picture
	clock   pictureClock
	split   *splitter
	started bool // the first picture with its parameter sets was there
	unit    flv.AccessUnit
	err     error

	before pictureClock // as it was before the last picture
	marked annexBMark
}

// openAnnexB opens a byte stream. fps is 0 if the stream shall say it.
func openAnnexB(in *input, codec flv.Codec, fps float64) (medium, error) {
	f := &annexBFile{input: in, codec: codec}
	if err := f.rewind(); err != nil {
		return nil, err
	}
	headers, err := f.probe()
	if err != nil {
		return nil, err
	}
	info := f.split.units.info()
	info.Codec = codec
	if fps != 0 {
		info.FrameRate = fps
	}
	if info.FrameRate == 0 {
		info.FrameRate = defaultFPS
	}
	f.info.Video = &info
	f.learned.fps = info.FrameRate
	f.learned.learn(headers)
	return f, f.rewind()
}

// probe reads the first pictures that have parameter sets.
func (f *annexBFile) probe() ([]pictureOrder, error) {
	var headers []pictureOrder
	for len(headers) < annexBProbePictures && (f.split.bufAt < annexBProbeBytes || len(headers) == 0) {
		p, err := f.split.next()
		if err == io.EOF {
			break
		}
		if err != nil && len(headers) == 0 {
			return nil, err
		}
		if err != nil {
			break // it comes again after the good data
		}
		if p.hasSlice && p.order.known {
			headers = append(headers, p.order)
		}
	}
	if len(headers) == 0 {
		return nil, fmt.Errorf("%w: no picture with its SPS and PPS in %d bytes of %v", ErrBadMedia, f.size, f.codec)
	}
	return headers, nil
}

func (f *annexBFile) Info() Info { return f.info }

func (f *annexBFile) rewind() error {
	split, err := newSplitter(f.input, f.codec)
	if err != nil {
		return err
	}
	if f.split != nil {
		split.buf, split.spans, split.result.nalus = f.split.buf[:0], f.split.spans, f.split.result.nalus
	}
	f.split = split
	f.clock = f.learned
	f.started, f.err = false, nil
	return nil
}

func (f *annexBFile) end() time.Duration { return f.clock.end() }

func (f *annexBFile) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

// read takes the next picture. Those before the first parameter sets cannot be decoded and are left out, as is an access unit without a picture
// (what follows an end of stream).
func (f *annexBFile) read() error {
	for {
		p, err := f.split.next()
		if err != nil {
			return err
		}
		if !p.hasSlice || !f.started && !p.order.known {
			continue
		}
		f.unit = flv.AccessUnit{Kind: flv.Video, Codec: f.codec, NALUs: p.nalus}
		if p.configChanged || !f.started {
			f.unit.Config = f.split.units.record()
		}
		f.started = true
		f.before = f.clock
		f.unit.DTS, f.unit.PTS = f.clock.next(&p.order)
		return nil
	}
}
