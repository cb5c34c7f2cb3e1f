package ivf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// IVF, as libvpx writes it; all numbers are little-endian:
//
//	+--------+---------+-------------+--------+-------+--------+---------+----------+--------+--------+
//	| "DKIF" | version | header size | FourCC | width | height | rate 32 | scale 32 | frames | unused |
//	+--------+---------+-------------+--------+-------+--------+---------+----------+--------+--------+
//	then for each frame: size (32), time in units of scale/rate s (64), the frame
//
// The reader of pion/webrtc is not used: it would bring some 20 modules for these 44 bytes.
const (
	magic       = "DKIF"
	headerSize  = 32
	frameHeader = 12

	maxIVFUnit = 1 << 30 // of rate and scale, so that no product of times overflows; 90000 is the largest that writers use
)

var codecs = map[string]flv.Codec{"AV01": flv.AV1, "VP90": flv.VP9, "VP80": flv.VP8}

// reader reads AV1, VP9 or VP8 from IVF. None of them reorders pictures: decode and presentation time are the same.
type reader struct {
	media.Window
	info   media.Info
	codec  flv.Codec
	header int64 // its size
	rate   int64 // rate/scale units are a second
	scale  int64
	times  int64 // units to one of the file; more than 1 where that is longer than a second

	config  media.SelfConfig
	started bool
	joined  bool   // the next frame is the first one of a file that was appended
	first   uint64 // time of the first frame
	clock   media.Splicer
	clockAt media.Splicer // before the last frame
	last    int64         // time of the last frame since the first one
	delta   int64         // between the last two
	unit    flv.AccessUnit
	err     error

	at     int64 // offset of the last frame
	marked mark
}

// Open opens an IVF file.
func Open(in *media.Input) (media.Reader, error) {
	f := &reader{Window: media.Window{In: in}}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	if err := f.Rewind(); err != nil {
		return nil, err
	}
	if _, err := f.Next(); err != nil {
		if err == io.EOF {
			err = fmt.Errorf("%w: no key frame of %v in %d bytes", media.ErrBadMedia, f.codec, in.Size)
		}
		return nil, err
	}
	info := f.config.Track.Info()
	if _, err := f.Next(); err == nil && f.delta > 0 { // the rate in the header may be that of a clock
		if rate := float64(f.rate) / float64(f.scale) / float64(f.delta); rate <= media.MaxFPS {
			info.FrameRate = rate
		}
	}
	f.info.Video = &info
	return f, f.Rewind()
}

func (f *reader) readHeader() error {
	h, err := f.Peek(headerSize, "IVF header")
	if err != nil {
		return err
	}
	if version := binary.LittleEndian.Uint16(h[4:]); version != 0 {
		return fmt.Errorf("IVF version %d is %w", version, media.ErrUnsupported)
	}
	f.header = int64(binary.LittleEndian.Uint16(h[6:]))
	if f.header < headerSize {
		return fmt.Errorf("%w: IVF header of %d bytes, expected %d", media.ErrBadMedia, f.header, headerSize)
	}
	var ok bool
	if f.codec, ok = codecs[string(h[8:12])]; !ok {
		return fmt.Errorf("%q in IVF cannot be sent: %w; %s", h[8:12], media.ErrUnsupported, media.VideoAdvice)
	}
	f.rate, f.scale = int64(binary.LittleEndian.Uint32(h[16:])), int64(binary.LittleEndian.Uint32(h[20:]))
	if f.rate == 0 || f.scale == 0 || f.rate > maxIVFUnit || f.scale > maxIVFUnit {
		return fmt.Errorf("%w: IVF header: time in units of %d/%d s", media.ErrBadMedia, f.scale, f.rate)
	}
	f.times = (f.scale + f.rate - 1) / f.rate
	f.rate *= f.times
	return nil
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Close() error { return f.In.Close() }

func (f *reader) Rewind() error {
	f.Goto(f.header)
	f.err = nil
	f.started, f.joined, f.first, f.last, f.delta = false, false, 0, 0, 0
	f.clock = media.Splicer{Second: f.rate / f.scale}
	return f.config.Begin(f.codec)
}

func (f *reader) End() time.Duration {
	if !f.started {
		return 0
	}
	if f.delta == 0 {
		return f.time(f.last) + media.DefaultFrameDuration
	}
	return f.time(f.last + f.delta)
}

// time converts a time since the first frame.
func (f *reader) time(t int64) time.Duration {
	whole := t / f.rate * f.scale // s
	rest := t % f.rate * f.scale  // in units of 1/rate s
	return time.Duration(whole+rest/f.rate)*time.Second + time.Duration(rest%f.rate*int64(time.Second)/f.rate)
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

// read takes the next frame. Those before the first key frame cannot be decoded and are left out, as are empty ones: dropped by the encoder.
func (f *reader) read() error {
	for {
		if f.Left() == 0 {
			return io.EOF
		}
		at := f.Offset
		h, err := f.Peek(frameHeader, "frame header")
		if err != nil {
			return err
		}
		size, t := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint64(h[4:])
		if size > media.MaxSampleSize {
			if f.skipHeader() {
				continue
			}
			f.In.Warnf("the last %d bytes, from offset %d on, are no frame of at most %d bytes", f.Left(), at, media.MaxSampleSize)
			return io.EOF
		}
		whole := frameHeader + int64(size)
		b, err := f.Peek(int(max(whole, min(whole+frameHeader, f.Left()))), "frame")
		if err != nil {
			return err
		}
		b, following := b[:whole:whole], b[whole:] // the next frame's header, if there is one
		f.Skip(whole)
		f.at = at
		if size == 0 {
			continue
		}
		f.unit = flv.AccessUnit{Kind: flv.Video, Codec: f.codec, Data: b[frameHeader:]}
		if ok, err := f.config.Take(&f.unit); err != nil {
			return fmt.Errorf("%w: frame at offset %d: %w", media.ErrBadMedia, at, err)
		} else if !ok {
			continue
		}
		f.setTime(t, following)
		return nil
	}
}

// skipHeader passes over the header of another file of the same kind that was appended to this one, and
// returns false if there is none.
func (f *reader) skipHeader() bool {
	h, err := f.Peek(headerSize, "IVF header")
	if err != nil || string(h[:4]) != magic || codecs[string(h[8:12])] != f.codec ||
		int64(binary.LittleEndian.Uint32(h[16:])) != f.rate || int64(binary.LittleEndian.Uint32(h[20:])) != f.scale {
		return false
	}
	f.Skip(max(int64(binary.LittleEndian.Uint16(h[6:])), headerSize))
	f.joined = true
	return true
}

// setTime follows the time of a frame. A step of years, of which the number of seconds overflows, is left out here already.
// following is the header of the next one, or less.
func (f *reader) setTime(t uint64, following []byte) {
	if !f.started {
		f.started, f.first = true, t
	}
	if f.joined {
		f.joined, f.first = false, t-uint64((f.last+f.delta)/f.times)
	}
	far := media.MaxTrackTime.Seconds() * float64(f.rate) / float64(f.scale) / float64(f.times)
	if math.Abs(float64(int64(t-f.first))) > far {
		f.first = t - uint64((f.last+f.delta)/f.times)
	}
	f.clockAt = f.clock
	now := f.clock.Next(flv.Video, int64(t-f.first)*f.times)
	if len(following) == frameHeader {
		if at, ok := f.clock.Retract(flv.Video, int64(binary.LittleEndian.Uint64(following[4:])-f.first)*f.times); ok {
			now = at
		}
	}
	f.delta = max(now-f.last, 0)
	f.last += f.delta // time does not go back
	f.unit.DTS = f.time(f.last)
	f.unit.PTS = f.unit.DTS
}

// mark is a place in an IVF file.
type mark struct {
	offset      int64 // of the frame
	first       uint64
	last, delta int64
	clock       media.Splicer // before the frame
	config      media.SelfConfig
}

func (f *reader) Mark() {
	f.marked = mark{f.at, f.first, f.last, f.delta, f.clockAt, f.config}
}

func (f *reader) Back() error {
	f.Goto(f.marked.offset)
	f.err = nil
	f.first, f.last, f.delta = f.marked.first, f.marked.last-f.marked.delta, 0
	f.clock = f.marked.clock.Again()
	f.config = f.marked.config
	f.config.Started = false
	return nil
}
