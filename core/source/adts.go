package source

import (
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

const (
	id3HeaderSize = 10 // ID3v2 tags stand in front of ADTS in files cut from HLS
	id3FooterFlag = 0x10
)

// adtsFile reads AAC frames with ADTS headers. Times come from the number of samples, so they do not drift.
type adtsFile struct {
	*input
	info   Info
	start  int64 // of the first frame
	offset int64 // of the next frame
	buf    []byte
	bufAt  int64 // offset of buf in the file

	config  []byte
	rate    int
	base    time.Duration // where the configuration began
	samples int64         // since then
	unit    flv.AccessUnit
	err     error
}

func openADTS(in *input) (medium, error) {
	f := &adtsFile{input: in}
	var err error
	if f.start, err = skipID3(in); err != nil {
		return nil, err
	}
	if err = f.rewind(); err != nil {
		return nil, err
	}
	if _, err = f.Next(); err != nil {
		if err == io.EOF {
			err = fmt.Errorf("%w: no ADTS frame", ErrBadMedia)
		}
		return nil, err
	}
	info, err := flv.ParseASC(f.config)
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
	if string(h[:3]) != "ID3" {
		return 0, nil
	}
	size := int64(h[6]&0x7F)<<21 | int64(h[7]&0x7F)<<14 | int64(h[8]&0x7F)<<7 | int64(h[9]&0x7F)
	size += id3HeaderSize
	if h[5]&id3FooterFlag != 0 {
		size += id3HeaderSize
	}
	return size, nil
}

func (f *adtsFile) Info() Info { return f.info }

func (f *adtsFile) rewind() error {
	f.offset = f.start
	f.config, f.err = nil, nil
	f.base, f.samples = 0, 0
	return nil
}

func (f *adtsFile) end() time.Duration { return f.now() }

func (f *adtsFile) now() time.Duration {
	if f.rate == 0 {
		return 0
	}
	return f.base + ticks(f.samples, uint32(f.rate))
}

func (f *adtsFile) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

func (f *adtsFile) read() error {
	if f.offset >= f.size {
		return io.EOF
	}
	head, err := f.peek(flv.ADTSHeaderSize)
	if err != nil {
		return err
	}
	h, err := flv.ParseADTSHeader(head)
	if err != nil {
		return fmt.Errorf("%w: at offset %d: %w", ErrBadMedia, f.offset, err)
	}
	frame, err := f.peek(h.FrameSize)
	if err != nil {
		return err
	}
	f.unit = flv.AccessUnit{Kind: flv.Audio, Data: frame[h.HeaderSize:]}
	if f.config == nil || &f.config[0] != &h.Config[0] { // equal headers share their Config
		rate, err := flv.CoreSampleRate(h.Config)
		if err != nil {
			return fmt.Errorf("%w: at offset %d: %w", ErrBadMedia, f.offset, err)
		}
		if f.config != nil {
			f.base = f.now()
		}
		f.samples, f.rate = 0, rate
		f.config, f.unit.Config = h.Config, h.Config
	}
	f.unit.DTS = f.now()
	f.unit.PTS = f.unit.DTS
	f.samples += flv.SamplesPerFrame
	f.offset += int64(h.FrameSize)
	return nil
}

// peek returns the n bytes at the offset, from the buffer or the file.
func (f *adtsFile) peek(n int) ([]byte, error) {
	if left := f.size - f.offset; left < int64(n) {
		return nil, fmt.Errorf("%w: frame at offset %d needs %d bytes, %d are left", ErrTruncated, f.offset, n, left)
	}
	if f.offset < f.bufAt || f.offset+int64(n) > f.bufAt+int64(len(f.buf)) {
		if f.buf == nil {
			f.buf = make([]byte, min(readSize, f.size))
		}
		f.buf = f.buf[:min(int64(cap(f.buf)), f.size-f.offset)]
		f.bufAt = f.offset
		if _, err := f.ReadAt(f.buf, f.offset); err != nil && err != io.EOF {
			return nil, fmt.Errorf("read at offset %d: %w", f.offset, err)
		}
	}
	start := f.offset - f.bufAt
	return f.buf[start : start+int64(n)], nil
}
