package wav

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// RIFF/WAVE: "RIFF", size, "WAVE", then chunks with a name of 4 bytes and a little-endian size of 4, padded to an even length. Multimedia Programming
// Interface and Data Specifications 1.0; the format tags are those of RFC 2361, the extensible form that of Microsoft's WAVEFORMATEXTENSIBLE.
const (
	riffHeaderSize  = 12
	riffChunkHeader = 8
	formatSize      = 16 // of a PCMWAVEFORMAT, the shortest form
	subFormatAt     = 24 // of WAVEFORMATEXTENSIBLE
	unknownSize     = 0xFFFFFFFF

	pcm        = 1
	float      = 3
	aLaw       = 6
	muLaw      = 7
	extensible = 0xFFFE

	// maxRIFFChunks bounds the search for the data. Real files have a handful of chunks.
	maxRIFFChunks = 1024

	g711Frame = flv.G711Rate / 50 // samples: 20 ms
)

// names are readable names of format tags.
var names = map[uint16]string{
	pcm: "PCM", 2: "Microsoft ADPCM", float: "PCM with floating point", 0x11: "IMA ADPCM", 0x31: "GSM 6.10",
	0x50: "MPEG layer 1 or 2", 0x55: "MP3", 0xFF: "AAC", 0x1610: "AAC", 0x2000: "AC-3", 0x2001: "DTS", 0xF1AC: "FLAC",
}

// reader reads G.711 in frames of 20 ms. The last one may be shorter.
type reader struct {
	media.Window
	media.AudioOnly
	info   media.Info
	codec  flv.Codec
	width  int64 // bytes of a sample of all channels
	config []byte
	data   int64 // offset of the samples
	limit  int64 // offset behind them
	toEnd  bool  // they reach to the end of the file, which may grow
	unit   flv.AccessUnit
	err    error
}

// Open opens a WAV file.
func Open(in *media.Input) (media.Reader, error) {
	f := &reader{Window: media.Window{In: in}}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	if f.limit == f.data {
		return nil, fmt.Errorf("%w: the data chunk at offset %d is empty", media.ErrBadMedia, f.data)
	}
	f.info.Audio = &flv.AudioInfo{Codec: f.codec, SampleRate: flv.G711Rate, Channels: int(f.width)}
	f.info.Duration = f.time(f.limit)
	return f, f.Rewind()
}

// readHeader walks through the chunks up to the data.
func (f *reader) readHeader() error {
	f.Offset = riffHeaderSize
	for range maxRIFFChunks {
		h, err := f.Peek(riffChunkHeader, "chunk header")
		if err != nil {
			return err
		}
		name, size := string(h[:4]), int64(binary.LittleEndian.Uint32(h[4:]))
		f.Skip(riffChunkHeader)
		switch name {
		case "fmt ":
			if err := f.readFormat(size); err != nil {
				return err
			}
		case "data":
			if f.codec == flv.NoCodec {
				return fmt.Errorf("%w: data chunk at offset %d before the fmt chunk", media.ErrBadMedia, f.Offset)
			}
			f.data = f.Offset
			f.limit = f.Offset + size
			if size == 0 || size == unknownSize { // written to a pipe, which cannot go back to fill it in
				f.limit, f.toEnd = f.In.Size, true
			}
			return nil
		}
		f.Skip(size + size&1)
	}
	return fmt.Errorf("%w: no data in the first %d chunks", media.ErrBadMedia, maxRIFFChunks)
}

func (f *reader) readFormat(size int64) error {
	at := f.Offset
	b, err := f.Peek(formatSize, "fmt chunk")
	if err != nil {
		return err
	}
	if size < formatSize {
		return fmt.Errorf("%w: fmt chunk at offset %d of %d bytes, expected at least %d", media.ErrBadMedia, at, size, formatSize)
	}
	tag, channels, rate := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:])
	if tag == extensible && size >= subFormatAt+2 {
		if b, err = f.Peek(subFormatAt+2, "fmt chunk"); err != nil {
			return err
		}
		tag = binary.LittleEndian.Uint16(b[subFormatAt:])
	}
	switch tag {
	case aLaw:
		f.codec = flv.PCMA
	case muLaw:
		f.codec = flv.PCMU
	default:
		name := names[tag]
		if name == "" {
			name = fmt.Sprintf("format 0x%04x", tag)
		}
		return fmt.Errorf("WAV with %s is %w: G.711 A-law and mu-law are sent; %s", name, media.ErrUnsupported, media.SoundAdvice)
	}
	if f.config, err = flv.G711Config(int(rate), int(channels)); err != nil {
		return fmt.Errorf("%w: WAV with %w; %s", media.ErrUnsupported, err, media.G711Advice)
	}
	f.width = int64(channels)
	return nil
}

func (f *reader) Info() media.Info { return f.info }

func (f *reader) Close() error { return f.In.Close() }

func (f *reader) Rewind() error {
	f.Goto(f.data)
	f.err = nil
	return nil
}

func (f *reader) time(offset int64) time.Duration {
	return media.Ticks((offset-f.data)/f.width, flv.G711Rate)
}

func (f *reader) End() time.Duration { return f.time(f.Offset) }

func (f *reader) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

func (f *reader) read() error {
	if f.toEnd {
		f.limit = f.Offset + f.Left()
	}
	if f.Offset >= f.limit {
		return io.EOF
	}
	n := min(g711Frame*f.width, f.limit-f.Offset)
	if left := f.Left(); left > 0 {
		n = min(n, left) // what a file that is cut off still has is sent
	}
	data, err := f.Peek(int(n), "frame")
	if err != nil {
		return err
	}
	now := f.time(f.Offset)
	f.unit = flv.AccessUnit{Kind: flv.Audio, Codec: f.codec, DTS: now, PTS: now, Data: data}
	if f.Offset == f.data {
		f.unit.Config = f.config
	}
	f.Skip(n)
	return nil
}
