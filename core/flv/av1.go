package flv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"luatrtmp/core/flv/bitstream"
)

// av1Track follows the sequence header of an AV1 track.
type av1Track struct {
	header   []byte // the sequence header OBU, with its size
	sequence *av1Sequence
	metadata []byte // OBUs of the last SetConfig that follow the sequence header
	record   []byte
	changes  changes
	parts    [][]byte
	hdr      hdr
}

func (*av1Track) Codec() Codec { return AV1 }

// AV1CodecConfigurationRecord, "AV1 Codec ISO Media File Format Binding", 2.3.3:
//
//	+-+-----------+-------+---------+-+-+-+-+-+-+---+---------------------+
//	|1| version 1 |profile|  level  |T|H|W|M|X|Y|CSP| 000, initial delay  | configOBUs
//	+-+-----------+-------+---------+-+-+-+-+-+-+---+---------------------+
//	  T: seq_tier_0, H: high_bitdepth, W: twelve_bit, M: monochrome, X and Y: subsampling, CSP: chroma_sample_position
const (
	av1RecordHeader = 4
	av1Marker       = 0x81
)

// SetConfig takes an AV1CodecConfigurationRecord with a sequence header in it. The error wraps ErrBadConfig or ErrBadParameterSet.
func (t *av1Track) SetConfig(record []byte) error {
	if len(record) < av1RecordHeader {
		return fmt.Errorf("%w: AV1 record of %d bytes, expected at least %d", ErrBadConfig, len(record), av1RecordHeader)
	}
	if record[0] != av1Marker {
		return fmt.Errorf("%w: AV1 record begins with %02x, expected %02x", ErrBadConfig, record[0], av1Marker)
	}
	if len(record) == av1RecordHeader {
		return nil // the sequence header is with the key frames
	}
	var (
		next    = av1Track{hdr: t.hdr}
		configs = record[av1RecordHeader:]
	)
	for pos := 0; pos < len(configs); {
		o, end, err := nextOBU(configs, pos)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBadConfig, err)
		}
		pos = end
		switch o.Typ {
		case bitstream.OBUSequenceHeader:
			if _, err = next.setHeader(o); err != nil {
				return err
			}
		case bitstream.OBUMetadata:
			next.takeMetadata(o.Payload)
			next.metadata = append(next.metadata, o.Sized()...)
		}
	}
	if next.sequence == nil {
		return fmt.Errorf("%w: AV1 record of %d bytes without a sequence header", ErrBadConfig, len(record))
	}
	t.header, t.sequence, t.metadata, t.hdr = next.header, next.sequence, next.metadata, next.hdr
	t.makeRecord()
	t.hdr.update(t.sequence.color)
	return nil
}

// setHeader takes a sequence header and reports whether it is another one.
func (t *av1Track) setHeader(o bitstream.OBU) (bool, error) {
	if len(o.Raw) > maxParameterSetSize {
		return false, fmt.Errorf("%w: AV1 sequence header of %d bytes, at most %d are accepted",
			ErrBadParameterSet, len(o.Raw), maxParameterSetSize)
	}
	if t.sequence != nil && bytes.Equal(o.Payload, t.header[len(t.header)-t.sequence.size:]) {
		return false, nil
	}
	sequence, err := parseAV1Sequence(o)
	if err != nil {
		return false, err
	}
	t.header, t.sequence = bytes.Clone(o.Sized()), sequence
	return true, nil
}

func (t *av1Track) makeRecord() {
	s := t.sequence
	r := append([]byte(nil), av1Marker, s.profile<<5|s.level&0x1F, s.config, 0)
	t.record = append(append(r, t.header...), t.metadata...)
}

// Take looks at a temporal unit. Temporal delimiters, tile lists and padding do not belong into a message (AV1 in ISO BMFF, 2.4) and are
// left out. A unit that is not a sequence of OBUs is not sent at all. The error wraps ErrBadFrame or ErrBadParameterSet.
func (t *av1Track) Take(parts [][]byte) (VideoUnit, error) {
	var (
		unit     VideoUnit
		firstErr error
		news     bool
		frame    bool // the first frame was seen
		apart    bool // a temporal delimiter came since the latest frame
	)
	t.parts = t.parts[:0]
	for _, part := range parts {
		whole := len(t.parts) // parts before this one
		start := 0            // of the OBUs that are kept and stand together
		for pos := 0; pos < len(part); {
			o, next, err := nextOBU(part, pos)
			if err != nil {
				clear(t.parts[whole:])
				t.parts = t.parts[:whole]
				return VideoUnit{Parts: t.parts, ConfigChanged: t.changes.news(t.record)}, err
			}
			switch o.Typ {
			case bitstream.OBUTemporalDelimiter, bitstream.OBUTileList, bitstream.OBUPadding:
				apart = apart || o.Typ == bitstream.OBUTemporalDelimiter
				t.keep(part[start:pos:pos])
				start = next
			case bitstream.OBUSequenceHeader:
				changed, err := t.setHeader(o)
				if err != nil && firstErr == nil {
					firstErr = err
				}
				if changed {
					t.metadata = nil // of the sequence before
					t.makeRecord()
				}
				news = news || changed
			case bitstream.OBUMetadata:
				news = t.takeMetadata(o.Payload) || news
			case bitstream.OBUFrame, bitstream.OBUFrameHeader, bitstream.OBUTileGroup:
				if apart || unit.Frames == 0 { // frames that are shown together are one
					unit.Frames, apart = unit.Frames+1, false
				}
				if o.Typ == bitstream.OBUTileGroup {
					break
				}
				if !frame {
					f := bitstream.ReadAV1Frame(o.Payload, t.sequence != nil && t.sequence.reduced)
					unit.Key = f.Key && t.sequence != nil
				}
				frame = true
			}
			pos = next
		}
		t.keep(part[start:len(part):len(part)])
	}
	unit.Parts = t.parts
	if news && t.sequence != nil {
		t.hdr.update(t.sequence.color)
	}
	unit.ConfigChanged = t.changes.news(t.record)
	return unit, firstErr
}

func (t *av1Track) keep(obus []byte) {
	if len(obus) > 0 {
		t.parts = append(t.parts, obus)
	}
}

// HDR metadata. AV1, 5.8 and 6.7.
const (
	metadataContentLight = 1
	metadataMastering    = 2
)

// takeMetadata looks for HDR metadata and reports whether it changed. Chromaticities are 0.16 fixed-point numbers, the largest luminance is
// a 24.8 one, the smallest an 18.14 one; the primaries are those of red, green and blue.
func (t *av1Track) takeMetadata(payload []byte) bool {
	typ, n := bitstream.LEB128(payload)
	b := payload[n:]
	switch {
	case n == 0:
	case typ == metadataContentLight && len(b) >= contentLightSize:
		return t.hdr.setLevels(float64(binary.BigEndian.Uint16(b)), float64(binary.BigEndian.Uint16(b[2:])))
	case typ == metadataMastering && len(b) >= masteringSize:
		xy := func(i int) float64 { return float64(binary.BigEndian.Uint16(b[2*i:])) / (1 << 16) }
		return t.hdr.setMastering(MasteringDisplay{
			RedX: xy(0), RedY: xy(1), GreenX: xy(2), GreenY: xy(3), BlueX: xy(4), BlueY: xy(5), WhiteX: xy(6), WhiteY: xy(7),
			MaxLuminance: float64(binary.BigEndian.Uint32(b[16:])) / (1 << 8),
			MinLuminance: float64(binary.BigEndian.Uint32(b[20:])) / (1 << 14),
		})
	}
	return false
}

func (t *av1Track) Record() []byte { return t.record }

// Info returns what the sequence header says. Few say the frame rate.
func (t *av1Track) Info() VideoInfo {
	info := VideoInfo{Codec: AV1, Color: t.hdr.color}
	if s := t.sequence; s != nil {
		info.Width, info.Height, info.FrameRate = s.width, s.height, s.frameRate
	}
	return info
}

func (t *av1Track) Forget() {
	clear(t.parts)
	t.parts = t.parts[:0]
}

// nextOBU reads the OBU at pos. The error wraps ErrBadFrame.
func nextOBU(unit []byte, pos int) (o bitstream.OBU, next int, err error) {
	if o, next, err = bitstream.NextOBU(unit, pos); err != nil {
		err = fmt.Errorf("%w: %w", ErrBadFrame, err)
	}
	return o, next, err
}
