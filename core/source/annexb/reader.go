package annexb

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

const (
	// DefaultFPS is the frame rate of a byte stream that does not say it.
	DefaultFPS = 25

	// What is read before the first picture is delivered, to learn the order of pictures.
	probePictures = 128
	probeBytes    = 8 << 20
)

// reader reads H.264 or HEVC in byte stream format (annex B of both).
//
// When a picture is shown depends on pictures that are decoded after it, so a second splitter reads
// the same file some pictures ahead for their headers. No picture is copied or kept for that.
type reader struct {
	*media.Input
	codec flv.Codec
	info  media.Info
	split *splitter // the pictures that are delivered
	unit  flv.AccessUnit
	last  pictureTime // the picture in unit
	err   error
	fresh bool // the next picture needs the decoder configuration

	ahead    *splitter
	aheadErr error // what ended reading ahead
	started  bool  // ahead has seen a picture with its parameter sets
	clock    pictureClock

	marked mark
}

// Open opens a byte stream. fps is 0 if the stream shall say it.
func Open(in *media.Input, codec flv.Codec, fps float64) (media.Reader, error) {
	f := &reader{Input: in, codec: codec}
	if err := f.Rewind(); err != nil {
		return nil, err
	}
	if err := f.probe(); err != nil {
		return nil, err
	}
	info := f.ahead.units.info()
	info.Codec = codec
	if fps != 0 {
		info.FrameRate = fps
	}
	if info.FrameRate == 0 {
		info.FrameRate = DefaultFPS
	}
	f.info.Video = &info
	f.clock.fps = info.FrameRate
	return f, f.Rewind()
}

// probe reads the first pictures, for the parameter sets and for the delay between decoding and
// presentation, which the clock learns.
func (f *reader) probe() error {
	count := 0
	for count < probePictures && (f.ahead.bufAt < probeBytes || count == 0) && f.aheadErr == nil {
		if f.readAhead() {
			count++
		}
	}
	if count > 0 { // an error comes again after the good data
		return nil
	}
	if f.aheadErr != io.EOF {
		return f.aheadErr
	}
	return fmt.Errorf("%w: no picture with its SPS and PPS in %d bytes of %v", media.ErrBadMedia, f.Size, f.codec)
}

// readAhead reads the headers of one more access unit and reports whether it is a picture that is
// delivered. Pictures before the first parameter sets cannot be decoded and are left out, as are
// those whose references are not in the stream and an access unit without a picture (what follows
// an end of stream).
func (f *reader) readAhead() bool {
	p, err := f.ahead.next()
	if err != nil {
		f.aheadErr = err
		f.clock.flush()
		return false
	}
	if !p.hasSlice || p.order.undecodable || !f.started && !p.order.known {
		return false
	}
	f.started = true
	f.clock.push(&p.order, p.offset)
	return true
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Rewind() (err error) {
	if f.split, err = newSplitter(f.Input, f.codec, f.split); err != nil {
		return err
	}
	f.ahead, err = newSplitter(f.Input, f.codec, f.ahead)
	f.restart(0)
	return err
}

// restart makes the next picture one that is decoded at a time and has a configuration.
func (f *reader) restart(dts int64) {
	f.clock.restart(dts)
	f.started, f.fresh, f.aheadErr, f.err = false, true, nil, nil
	f.last = pictureTime{dts: dts}
}

// End returns the decode time of a picture after the last one.
func (f *reader) End() time.Duration { return f.clock.time(f.last.dts + f.last.fields) }

func (f *reader) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

// read takes the next picture that the clock knows.
func (f *reader) read() error {
	for {
		p, err := f.split.next()
		if err == io.EOF && f.aheadErr != nil {
			return f.aheadErr // io.EOF too, unless the file has changed meanwhile
		}
		if err != nil {
			return err
		}
		f.fresh = f.fresh || p.configChanged
		for !f.clock.ready() && f.aheadErr == nil {
			f.readAhead()
		}
		at, ok := f.clock.take(p.offset)
		if !ok {
			continue
		}
		f.unit = flv.AccessUnit{
			Kind: flv.Video, Codec: f.codec, NALUs: p.nalus, DTS: f.clock.time(at.dts), PTS: f.clock.time(at.pts),
		}
		if f.fresh {
			f.unit.Config = f.split.units.record()
		}
		f.last, f.fresh = at, false
		return nil
	}
}
