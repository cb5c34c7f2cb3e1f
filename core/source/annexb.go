package source

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

const (
	// defaultFPS is the frame rate of raw H.264 that does not say it.
	defaultFPS = 25

	// What is read before the first picture is delivered, to learn the order of pictures.
	annexBProbePictures = 128
	annexBProbeBytes    = 8 << 20
)

// annexBFile reads H.264 in byte stream format (H.264, annex B).
type annexBFile struct {
	*input
	info    Info
	learned pictureClock // as it is before the first picture
	clock   pictureClock
	split   *splitter
	started bool // the first picture with its parameter sets was there
	unit    flv.AccessUnit
	err     error
}

// openAnnexB opens a byte stream. fps is 0 if the stream shall say it.
func openAnnexB(in *input, fps float64) (medium, error) {
	f := &annexBFile{input: in, split: newSplitter(in)}
	headers, err := f.probe()
	if err != nil {
		return nil, err
	}
	info := f.split.avc.Info()
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
func (f *annexBFile) probe() ([]flv.SliceHeader, error) {
	var headers []flv.SliceHeader
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
		if p.hasSlice && p.slice.SPS != nil {
			headers = append(headers, p.slice)
		}
	}
	if len(headers) == 0 {
		return nil, fmt.Errorf("%w: no picture with its SPS and PPS in %d bytes", ErrBadMedia, f.size)
	}
	return headers, nil
}

func (f *annexBFile) Info() Info { return f.info }

func (f *annexBFile) rewind() error {
	buf := f.split.buf[:0]
	*f.split = splitter{in: f.input, buf: buf, spans: f.split.spans, result: f.split.result}
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
		if !p.hasSlice || !f.started && p.slice.SPS == nil {
			continue
		}
		f.unit = flv.AccessUnit{Kind: flv.Video, NALUs: p.nalus}
		if p.configChanged || !f.started {
			f.unit.Config = f.split.avc.Record()
		}
		f.started = true
		f.unit.DTS, f.unit.PTS = f.clock.next(&p.slice)
		return nil
	}
}
