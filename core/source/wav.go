package source

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"luatrtmp/core/flv"
)

// RIFF/WAVE: "RIFF", size, "WAVE", then chunks with a name of 4 bytes and a little-endian size of 4, padded to an even length. Multimedia Programming
// Interface and Data Specifications 1.0; the format tags are those of RFC 2361, the extensible form that of Microsoft's WAVEFORMATEXTENSIBLE.
const (
	riffHeaderSize  = 12
	riffChunkHeader = 8
	wavFormatSize   = 16 // of a PCMWAVEFORMAT, the shortest form
	wavSubFormatAt  = 24 // of WAVEFORMATEXTENSIBLE
	wavUnknownSize  = 0xFFFFFFFF

	wavPCM        = 1
	wavFloat      = 3
	wavALaw       = 6
	wavMuLaw      = 7
	wavExtensible = 0xFFFE

	// maxRIFFChunks bounds the search for the data. Real files have a handful of chunks.
	maxRIFFChunks = 1024

	g711Frame = flv.G711Rate / 50 // samples: 20 ms
)

// wavNames are readable names of format tags.
var wavNames = []numberName{
	{wavPCM, "PCM"}, {2, "Microsoft ADPCM"}, {wavFloat, "PCM with floating point"}, {0x11, "IMA ADPCM"}, {0x31, "GSM 6.10"},
	{0x50, "MPEG layer 1 or 2"}, {0x55, "MP3"}, {0xFF, "AAC"}, {0x1610, "AAC"}, {0x2000, "AC-3"}, {0x2001, "DTS"},
}

// numberName is an entry of a list of names. Lists that few ask are not maps, which would be made whenever the library is loaded.
type numberName struct {
	number uint16
	name   string
}

// nameOf returns the name of a number, "" if the list has none.
func nameOf(list []numberName, number uint16) string {
	for _, n := range list {
		if n.number == number {
			return n.name
		}
	}
	return ""
}

// wavFile reads G.711 in frames of 20 ms. The last one may be shorter.
type wavFile struct {
	window
	onlyAudio
	info   Info
	codec  flv.Codec
	width  int64 // bytes of a sample of all channels
	config []byte
	data   int64 // offset of the samples
	limit  int64 // offset behind them
	toEnd  bool  // they reach to the end of the file, which may grow
	unit   flv.AccessUnit
	err    error
}

func openWAV(in *input) (medium, error) {
	f := &wavFile{window: window{in: in}}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	if f.limit == f.data {
		return nil, fmt.Errorf("%w: the data chunk at offset %d is empty", ErrBadMedia, f.data)
	}
	f.info.Audio = &flv.AudioInfo{Codec: f.codec, SampleRate: flv.G711Rate, Channels: int(f.width)}
	f.info.Duration = f.time(f.limit)
	return f, f.rewind()
}

// readHeader walks through the chunks up to the data.
func (f *wavFile) readHeader() error {
	f.offset = riffHeaderSize
	for range maxRIFFChunks {
		h, err := f.peek(riffChunkHeader, "chunk header")
		if err != nil {
			return err
		}
		name, size := string(h[:4]), int64(binary.LittleEndian.Uint32(h[4:]))
		f.skip(riffChunkHeader)
		switch name {
		case "fmt ":
			if err := f.readFormat(size); err != nil {
				return err
			}
		case "data":
			if f.codec == flv.NoCodec {
				return fmt.Errorf("%w: data chunk at offset %d before the fmt chunk", ErrBadMedia, f.offset)
			}
			f.data = f.offset
			f.limit = f.offset + size
			if size == 0 || size == wavUnknownSize { // written to a pipe, which cannot go back to fill it in
				f.limit, f.toEnd = f.in.size, true
			}
			return nil
		}
		f.skip(size + size&1)
	}
	return fmt.Errorf("%w: no data in the first %d chunks", ErrBadMedia, maxRIFFChunks)
}

func (f *wavFile) readFormat(size int64) error {
	at := f.offset
	b, err := f.peek(wavFormatSize, "fmt chunk")
	if err != nil {
		return err
	}
	if size < wavFormatSize {
		return fmt.Errorf("%w: fmt chunk at offset %d of %d bytes, expected at least %d", ErrBadMedia, at, size, wavFormatSize)
	}
	tag, channels, rate := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:])
	if tag == wavExtensible && size >= wavSubFormatAt+2 {
		if b, err = f.peek(wavSubFormatAt+2, "fmt chunk"); err != nil {
			return err
		}
		tag = binary.LittleEndian.Uint16(b[wavSubFormatAt:])
	}
	switch tag {
	case wavALaw:
		f.codec = flv.PCMA
	case wavMuLaw:
		f.codec = flv.PCMU
	default:
		name := nameOf(wavNames, tag)
		if name == "" {
			name = fmt.Sprintf("format 0x%04x", tag)
		}
		return fmt.Errorf("WAV with %s is %w: G.711 A-law and mu-law are sent; %s", name, ErrUnsupported, soundAdvice)
	}
	if f.config, err = flv.G711Config(int(rate), int(channels)); err != nil {
		return fmt.Errorf("%w: WAV with %w; %s", ErrUnsupported, err, g711Advice)
	}
	f.width = int64(channels)
	return nil
}

func (f *wavFile) Info() Info { return f.info }

func (f *wavFile) Close() error { return f.in.Close() }

func (f *wavFile) rewind() error {
	f.seek(f.data)
	f.err = nil
	return nil
}

func (f *wavFile) time(offset int64) time.Duration {
	return ticks((offset-f.data)/f.width, flv.G711Rate)
}

func (f *wavFile) end() time.Duration { return f.time(f.offset) }

func (f *wavFile) Next() (*flv.AccessUnit, error) {
	if f.err == nil {
		f.err = f.read()
	}
	if f.err != nil {
		return nil, f.err
	}
	return &f.unit, nil
}

func (f *wavFile) read() error {
	if f.toEnd {
		f.limit = f.offset + f.left()
	}
	if f.offset >= f.limit {
		return io.EOF
	}
	n := min(g711Frame*f.width, f.limit-f.offset)
	if left := f.left(); left > 0 {
		n = min(n, left) // what a file that is cut off still has is sent
	}
	data, err := f.peek(int(n), "frame")
	if err != nil {
		return err
	}
	now := f.time(f.offset)
	f.unit = flv.AccessUnit{Kind: flv.Audio, Codec: f.codec, DTS: now, PTS: now, Data: data}
	if f.offset == f.data {
		f.unit.Config = f.config
	}
	f.skip(n)
	return nil
}
