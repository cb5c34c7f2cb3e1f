package flv

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/vp9"
)

// vpTrack follows the key frames of a VP9 or VP8 track, whose headers are all the configuration there is.
type vpTrack struct {
	codec   Codec
	read    func(frame []byte) (vpFrame, error)
	head    [vpHead]byte // of the last key frame
	seen    vpHeader     // what it said
	told    vpTold       // by the last SetConfig
	record  []byte
	changes changes
	part    [1][]byte
	hdr     hdr
}

// vpHead is how many bytes of a key frame have what vpHeader holds; equal ones need not be read again.
const vpHead = 16

// vpFrame is what a frame says.
type vpFrame struct {
	key    bool
	header vpHeader // of a key frame
}

// vpTold is what a record says that frames do not say, or not always. Colours are those of H.273.
type vpTold struct {
	known                              bool
	level, primaries, transfer, matrix byte
}

// vpHeader is what the header of a key frame says, as far as a record has it.
type vpHeader struct {
	profile, bitDepth, chroma byte
	fullRange                 bool
	matrix                    byte // H.273
	width, height             int
}

// vpcC, "VP Codec ISO Media File Format Binding": version and flags of the box, and the VP codec configuration record:
//
//	+---------------+-----------------------------------------------+
//	|   version 1   |                    flags 0                    |
//	+---------------+---------------+-------+-----+-+---------------+
//	|    profile    |     level     | depth | CSS |F|   primaries   |
//	+---------------+---------------+-------+-----+-+---------------+
//	|   transfer    |    matrix     | size of what follows, 0       |
//	+---------------+---------------+-------------------------------+
//	  CSS: chroma subsampling, F: full range
//
// The specification of Enhanced RTMP says "configuration record"; senders and receivers have version and flags in front of it.
const (
	vpBoxHeader  = 4
	vpRecordSize = 8
)

func (t *vpTrack) Codec() Codec { return t.codec }

// SetConfig takes a VP codec configuration record, with version and flags or without. What it says of the picture is replaced by what the
// next key frame says; the record itself lasts until that differs from it. The error wraps ErrBadConfig.
func (t *vpTrack) SetConfig(record []byte) error {
	r := record
	if len(r) >= vpBoxHeader+vpRecordSize && r[0] == recordVersion && r[1]|r[2]|r[3] == 0 {
		r = r[vpBoxHeader:]
	}
	if len(r) < vpRecordSize {
		return fmt.Errorf("%w: VP record of %d bytes, expected %d", ErrBadConfig, len(record), vpRecordSize)
	}
	depth := r[2] >> 4
	if profile := r[0]; profile > 3 || depth != 8 && depth != 10 && depth != 12 {
		return fmt.Errorf("%w: VP record with profile %d and %d bits", ErrBadConfig, profile, depth)
	}
	t.record = append([]byte{recordVersion, 0, 0, 0}, r[:vpRecordSize-2]...)
	t.record = append(t.record, 0, 0)
	t.told = vpTold{true, r[1], r[3], r[4], r[5]}
	t.head = [vpHead]byte{} // which no key frame has
	t.seen = vpHeader{width: t.seen.width, height: t.seen.height}
	t.hdr.update(Color{BitDepth: int(depth), Primaries: int(r[3]), Transfer: int(r[4]), MatrixCoefficients: int(r[5])})
	return nil
}

// Take looks at one frame, or VP9 superframe. The error wraps ErrBadFrame; then nothing is to be sent.
func (t *vpTrack) Take(parts [][]byte) (VideoUnit, error) {
	unit := VideoUnit{Parts: t.part[:0]}
	switch {
	case len(parts) == 0:
		return unit, nil
	case len(parts) > 1:
		return unit, fmt.Errorf("%w: %v in %d parts, expected one frame", ErrBadFrame, t.codec, len(parts))
	case len(parts[0]) == 0:
		return unit, errEmptyFrame(t.codec)
	}
	frame := parts[0]
	key := len(frame) >= vpHead && bytes.Equal(frame[:vpHead], t.head[:])
	if !key {
		read, err := t.read(frame)
		if err != nil {
			return unit, fmt.Errorf("%w: %v frame of %d bytes: %w", ErrBadFrame, t.codec, len(frame), err)
		}
		if key = read.key; key {
			t.takeHeader(read.header)
			t.head = [vpHead]byte{}
			copy(t.head[:], frame)
		}
	}
	t.part[0] = frame
	return VideoUnit{Parts: t.part[:], Key: key, ConfigChanged: t.changes.news(t.record), Frames: 1}, nil
}

func (t *vpTrack) takeHeader(h vpHeader) {
	if h == t.seen {
		return
	}
	t.seen = h
	told := t.told
	if !told.known {
		told = vpTold{primaries: unspecified, transfer: unspecified, matrix: unspecified}
	}
	if h.matrix != unspecified {
		told.matrix = h.matrix
	}
	depth := h.bitDepth<<4 | h.chroma<<1
	if h.fullRange {
		depth |= 1
	}
	t.record = []byte{
		recordVersion, 0, 0, 0, h.profile, max(told.level, h.level()), depth, told.primaries, told.transfer, told.matrix, 0, 0,
	}
	t.hdr.update(Color{
		BitDepth: int(h.bitDepth), Primaries: int(told.primaries), Transfer: int(told.transfer), MatrixCoefficients: int(told.matrix),
	})
}

func (t *vpTrack) Record() []byte { return t.record }

// Info returns what the last key frame says. The frame rate is nowhere.
func (t *vpTrack) Info() VideoInfo {
	return VideoInfo{Codec: t.codec, Width: t.seen.width, Height: t.seen.height, Color: t.hdr.color}
}

func (t *vpTrack) Forget() { t.part[0] = nil }

// vpLevels are the levels of VP9 with their largest pictures in luma samples. Annex A of the VP9 specification.
var vpLevels = []struct {
	level   byte
	picture int64
	rate    int64 // samples per second
}{
	{10, 36864, 829440}, {11, 73728, 2764800}, {20, 122880, 4608000}, {21, 245760, 9216000}, {30, 552960, 20736000},
	{31, 983040, 36864000}, {40, 2228224, 83558400}, {41, 2228224, 160432128}, {50, 8912896, 311951360},
	{51, 8912896, 588251136}, {52, 8912896, 1176502272}, {60, 35651584, 1176502272}, {61, 35651584, 2353004544},
	{62, 35651584, 4706009088},
}

// vpAssumedRate stands for the frame rate, which VP8 and VP9 do not have, in the choice of a level.
const vpAssumedRate = 30

// level returns the lowest level that allows the picture, 0 if none does.
func (h vpHeader) level() byte {
	picture := int64(h.width) * int64(h.height)
	for _, l := range vpLevels {
		if picture <= l.picture && picture <= l.rate/vpAssumedRate {
			return l.level
		}
	}
	return 0
}

// vp9Matrices are the matrix coefficients of color_space: VP9, 7.2.2.
var vp9Matrices = [8]byte{unspecified, 5, 1, 6, 7, 9, unspecified, 0}

// readVP9 reads the uncompressed header: of a superframe that of its first frame.
func readVP9(frame []byte) (f vpFrame, err error) {
	var h vp9.Header
	if err = h.Unmarshal(frame); err != nil || h.ShowExistingFrame || h.NonKeyFrame {
		return f, err
	}
	f.key = true
	c := h.ColorConfig
	f.header = vpHeader{
		profile: h.Profile, bitDepth: c.BitDepth, chroma: h.ChromaSubsampling(), fullRange: c.ColorRange,
		matrix: vp9Matrices[c.ColorSpace], width: h.Width(), height: h.Height(),
	}
	return f, nil
}

// readVP8 reads the frame header: RFC 6386, 9.1. The dimensions of a key frame follow its start code 9d 01 2a.
func readVP8(frame []byte) (f vpFrame, err error) {
	const keyHeader = 10
	if len(frame) < 3 {
		return f, fmt.Errorf("the header has 3 bytes")
	}
	if frame[0]&1 != 0 {
		return f, nil
	}
	if len(frame) < keyHeader {
		return f, fmt.Errorf("the header of a key frame has %d bytes", keyHeader)
	}
	if frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A {
		return f, fmt.Errorf("begins with % x, expected 9d 01 2a after 3 bytes", frame[:6])
	}
	f.key = true
	f.header = vpHeader{
		profile: frame[0] >> 1 & 7, bitDepth: 8, chroma: 1, matrix: unspecified,
		width: int(frame[6]) | int(frame[7]&0x3F)<<8, height: int(frame[8]) | int(frame[9]&0x3F)<<8,
	}
	if f.header.profile > 3 || f.header.width == 0 || f.header.height == 0 {
		return f, fmt.Errorf("version %d, picture of %d x %d pixels", f.header.profile, f.header.width, f.header.height)
	}
	return f, nil
}
