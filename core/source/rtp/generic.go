package rtp

import (
	"fmt"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"luatrtmp/core/flv"
)

// genericFormat is the part of an SDP's fmtp that says how a payload of MPEG4-GENERIC is laid out, RFC 3640, 4.1. Sizes are in bits; 0: the
// field is not there.
type genericFormat struct {
	sizeLength, indexLength, indexDeltaLength int
	ctsDeltaLength, dtsDeltaLength            int
	randomAccess                              bool
	streamStateLength                         int
	auxiliaryLength                           int // of the size of the auxiliary section
	constantSize                              int // of an access unit, in bytes, where sizeLength is 0
	duration                                  int64
}

const (
	// maxHeaderBits bounds each field of an AU header, and with sizeLength the size of a frame.
	maxHeaderBits = 16

	// maxFramesPerPacket: an AU header has one bit at least, but no sender puts so many frames into a packet.
	maxFramesPerPacket = 512
)

// applyGeneric: RFC 3640, 4.1. The modes for AAC are AAC-hbr and AAC-lbr.
func applyGeneric(m *Medium, f *format) error {
	if kind := f.params["streamtype"]; kind != "" && kind != "5" {
		return fmt.Errorf("%w: streamtype, expected 5 (audio)", ErrUnsupported)
	}
	g := &m.generic
	switch strings.ToLower(f.params["mode"]) {
	case "aac-hbr":
		g.sizeLength, g.indexLength, g.indexDeltaLength = 13, 3, 3
	case "aac-lbr":
		g.sizeLength, g.indexLength, g.indexDeltaLength = 6, 2, 2
	case "", "generic":
	default:
		return fmt.Errorf("%w: mode, expected AAC-hbr, AAC-lbr or generic", ErrUnsupported)
	}
	if d := f.params["maxdisplacement"]; d != "" && d != "0" {
		return fmt.Errorf("%w: maxDisplacement above 0 (interleaved)", ErrUnsupported)
	}
	for _, p := range []struct {
		name string
		to   *int
		most int
	}{
		{"sizelength", &g.sizeLength, maxHeaderBits}, {"indexlength", &g.indexLength, maxHeaderBits},
		{"indexdeltalength", &g.indexDeltaLength, maxHeaderBits},
		{"ctsdeltalength", &g.ctsDeltaLength, 32}, {"dtsdeltalength", &g.dtsDeltaLength, 32},
		{"streamstateindication", &g.streamStateLength, 32}, {"auxiliarydatasizelength", &g.auxiliaryLength, 32},
		{"constantsize", &g.constantSize, 1 << maxHeaderBits},
	} {
		if f.params[p.name] == "" {
			continue
		}
		n, err := f.intParam(p.name, p.most)
		if err != nil {
			return err
		}
		*p.to = n
	}
	access, err := f.intParam("randomaccessindication", 1)
	if err != nil {
		return err
	}
	g.randomAccess = access == 1
	if g.sizeLength == 0 && g.constantSize == 0 {
		return fmt.Errorf("%w: neither mode, sizelength nor constantsize is given; AAC-hbr has sizelength=13;indexlength=3;indexdeltalength=3",
			ErrBadDescription)
	}
	config, err := f.hexParam("config")
	if err != nil {
		return err
	}
	if err := m.setAAC(config); err != nil {
		return err
	}
	if g.duration, err = f.frameDuration(m); err != nil {
		return err
	}
	return nil
}

// frameDuration is that of an AAC frame in ticks of the RTP clock.
func (f *format) frameDuration(m *Medium) (int64, error) {
	n, err := f.intParam("constantduration", 1<<20)
	if err != nil || n > 0 {
		return int64(n), err
	}
	rate, err := flv.CoreSampleRate(m.Config)
	if err != nil {
		return 0, err
	}
	return int64(mpeg4audio.SamplesPerAccessUnit) * int64(m.ClockRate) / int64(rate), nil
}

// generic takes AAC out of MPEG4-GENERIC packets, RFC 3640, 3.2:
//
//	+-------------------+-----------+-----------+-------------------+------------------+
//	| AU-headers-length | AU-header | AU-header | auxiliary section | frame | frame |  |
//	| 16: in bits       |    (1)    |    (2)    | if there is one   |  (1)  |  (2)  |  |
//	+-------------------+-----------+-----------+-------------------+------------------+
//
// A frame that does not fit into a packet has its header, with its whole size, in each packet that has a part of it.
type generic struct {
	genericFormat
	sizes    []int
	fragment []byte   // the parts of a frame that are there
	whole    int      // its size; 0: no fragment waits
	at       int64    // its timestamp
	raw      [][]byte // scratch
}

func (g *generic) reset() { g.fragment, g.whole = g.fragment[:0], 0 }

func (g *generic) config() []byte { return nil }

func (g *generic) add(payload []byte, _ bool, at int64, emit func(frame []byte, at int64)) error {
	if flv.IsADTS(payload) { // ADTS frames without AU headers; as headers these bytes would be 8 kB of them
		if n, err := g.frame(payload, at, emit); err == nil && n > 0 {
			g.reset()
			return nil
		}
	}
	data, err := g.headers(payload)
	if err != nil {
		g.reset()
		return err
	}
	if g.whole > 0 && (len(g.sizes) != 1 || g.sizes[0] != g.whole || at != g.at) {
		g.reset() // the rest of that frame did not come
	}
	if len(g.sizes) == 1 && g.sizes[0] > len(data) || g.whole > 0 {
		return g.part(data, at, emit)
	}
	for i, size := range g.sizes {
		if size > len(data) {
			return fmt.Errorf("%w: frame %d of %d has %d bytes, %d are left", errBadPayload, i+1, len(g.sizes), size, len(data))
		}
		n := 1
		if size > 0 {
			if n, err = g.frame(data[:size], at, emit); err != nil {
				return err
			}
		}
		at += int64(n) * g.duration
		data = data[size:]
	}
	return nil
}

// frame passes on an AAC frame. Some senders leave the ADTS header in front of it, which is taken off; there may be several such frames.
// It returns how many frames there were.
func (g *generic) frame(data []byte, at int64, emit func([]byte, int64)) (n int, err error) {
	if !flv.IsADTS(data) {
		emit(data, at)
		return 1, nil
	}
	defer func() { clear(g.raw) }()
	if g.raw, _, err = flv.SplitADTS(g.raw[:0], data); err != nil {
		return 0, fmt.Errorf("%w: %w", errBadPayload, err)
	}
	for i, raw := range g.raw {
		emit(raw, at+int64(i)*g.duration)
	}
	return len(g.raw), nil
}

// part takes a fragment.
func (g *generic) part(data []byte, at int64, emit func([]byte, int64)) error {
	g.whole, g.at = g.sizes[0], at
	if len(g.fragment)+len(data) > g.whole {
		defer g.reset()
		return fmt.Errorf("%w: fragments of %d bytes, the frame has %d", errBadPayload, len(g.fragment)+len(data), g.whole)
	}
	g.fragment = append(g.fragment, data...)
	if len(g.fragment) == g.whole {
		defer g.reset()
		_, err := g.frame(g.fragment, at, emit)
		return err
	}
	return nil
}

// headers reads what is in front of the frames, and returns these.
func (g *generic) headers(payload []byte) ([]byte, error) {
	g.sizes = g.sizes[:0]
	pos, end := 0, 0
	if g.hasHeaders() {
		length, err := readBits(payload, &pos, 16)
		if err != nil {
			return nil, fmt.Errorf("%w: %d bytes", errBadPayload, len(payload))
		}
		if end = 16 + int(length); end > 8*len(payload) {
			return nil, fmt.Errorf("%w: AU headers of %d bits in %d bytes", errBadPayload, length, len(payload))
		}
	}
	for pos < end {
		if len(g.sizes) == maxFramesPerPacket {
			return nil, fmt.Errorf("%w: more than %d AU headers", errBadPayload, maxFramesPerPacket)
		}
		if err := g.header(payload[:(end+7)/8], &pos); err != nil {
			return nil, err
		}
		if pos > end {
			return nil, fmt.Errorf("%w: the last AU header ends %d bits too late", errBadPayload, pos-end)
		}
	}
	pos = (end + 7) / 8 * 8
	if g.auxiliaryLength > 0 {
		length, err := readBits(payload, &pos, g.auxiliaryLength)
		if err != nil || length > uint64(8*len(payload)-pos) {
			return nil, fmt.Errorf("%w: the auxiliary section goes beyond the packet", errBadPayload)
		}
		pos = (pos + int(length) + 7) / 8 * 8
	}
	data := payload[pos/8:]
	if g.sizeLength == 0 {
		return data, g.constantSizes(len(data))
	}
	return data, nil
}

func (g *generic) hasHeaders() bool {
	return g.sizeLength+g.indexLength+g.indexDeltaLength+g.ctsDeltaLength+g.dtsDeltaLength+g.streamStateLength > 0 || g.randomAccess
}

// header reads one AU header, RFC 3640, 3.2.1.1.
func (g *generic) header(b []byte, pos *int) error {
	first := len(g.sizes) == 0
	size, err := readBits(b, pos, g.sizeLength)
	index, err2 := uint64(0), error(nil)
	if first {
		index, err2 = readBits(b, pos, g.indexLength)
	} else {
		index, err2 = readBits(b, pos, g.indexDeltaLength)
	}
	if err != nil || err2 != nil {
		return fmt.Errorf("%w: AU header %d is cut off", errBadPayload, len(g.sizes)+1)
	}
	if !first && index != 0 {
		return fmt.Errorf("%w: AU-Index-delta %d: interleaved frames are not supported", errBadPayload, index)
	}
	for _, deltaLength := range []int{g.ctsDeltaLength, g.dtsDeltaLength} {
		if deltaLength == 0 {
			continue
		}
		flag, err := bits.ReadFlag(b, pos)
		if err == nil && flag {
			_, err = readBits(b, pos, deltaLength)
		}
		if err != nil {
			return fmt.Errorf("%w: AU header %d is cut off", errBadPayload, len(g.sizes)+1)
		}
	}
	rest := g.streamStateLength
	if g.randomAccess {
		rest++
	}
	if _, err := readBits(b, pos, rest); err != nil {
		return fmt.Errorf("%w: AU header %d is cut off", errBadPayload, len(g.sizes)+1)
	}
	g.sizes = append(g.sizes, int(size))
	return nil
}

// readBits reads a field, which may have no bits.
func readBits(b []byte, pos *int, n int) (uint64, error) {
	if n == 0 {
		return 0, nil
	}
	return bits.ReadBits(b, pos, n)
}

// constantSizes fills in the sizes that are not in AU headers.
func (g *generic) constantSizes(size int) error {
	g.sizes = g.sizes[:0]
	n := size / g.constantSize
	if n == 0 && size > 0 {
		n = 1 // a fragment
	}
	if n > maxFramesPerPacket || n > 1 && size%g.constantSize != 0 {
		return fmt.Errorf("%w: %d bytes, a frame has %d", errBadPayload, size, g.constantSize)
	}
	for range n {
		g.sizes = append(g.sizes, g.constantSize)
	}
	return nil
}
