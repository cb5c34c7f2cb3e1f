package rtp

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// pictureCases are payloads of one access unit of video each, and what is in it.
var pictureCases = []struct {
	name     string
	codec    flv.Codec
	payloads []string
	want     []string
	err      string // of the last payload
	open     bool
	headless bool
}{
	{name: "single NAL units", codec: flv.H264, payloads: []string{"6788", "6801", "65880102"}, want: []string{"6788", "6801", "65880102"}},
	{name: "STAP-A", codec: flv.H264, payloads: []string{"78 0002 6788 0002 6801", "41f0"}, want: []string{"6788", "6801", "41f0"}},
	{name: "STAP-A with an empty NAL unit", codec: flv.H264, payloads: []string{"78 0000 0002 6801"}, want: []string{"6801"}},
	{name: "STAP-A that is too short", codec: flv.H264, payloads: []string{"78 0002 6788 0009 68"}, err: "a NAL unit of 9 bytes, 1 are left"},
	{name: "FU-A", codec: flv.H264, payloads: []string{"7c85 8801", "7c05 02", "7c45 03"}, want: []string{"6588010203"}},
	{name: "FU-A in one piece", codec: flv.H264, payloads: []string{"7cc5 8801"}, want: []string{"658801"}},
	{name: "FU-A without end", codec: flv.H264, payloads: []string{"7c85 8801", "7c05 02"}, open: true},
	{name: "FU-A without start", codec: flv.H264, payloads: []string{"7c05 02"}, err: "FU without its start"},
	{name: "FU-A end without start", codec: flv.H264, payloads: []string{"7c45 02"}, err: "FU without its start"},
	{name: "FU-A without an end before another", codec: flv.H264, payloads: []string{"7c85 88", "7c05 01", "7c85 44", "7c45 02"}, want: []string{"658801", "654402"}},
	{name: "FU-A without an end before a single NAL unit", codec: flv.H264, payloads: []string{"7c87 88", "6801"}, want: []string{"6788", "6801"}},
	{name: "FU-A without an end before STAP-A", codec: flv.H264, payloads: []string{"7c87 88", "78 0002 6801"}, want: []string{"6788", "6801"}},
	{name: "start code in front", codec: flv.H264, payloads: []string{"00000001 6788", "000001 6801", "41f0"}, want: []string{"6788", "6801", "41f0"}},
	{name: "start codes within a NAL unit", codec: flv.H264, payloads: []string{"6788 00000001 6801 000001 658801"}, want: []string{"6788", "6801", "658801"}},
	{name: "start codes within FU-A", codec: flv.H264, payloads: []string{"7c87 88 0000", "7c07 01 6801 0000", "7c47 0001 658801"}, want: []string{"6788", "6801", "658801"}},
	{name: "start code in front of FU-A", codec: flv.H264, payloads: []string{"1c80 000001 65", "1c40 8801"}, want: []string{"658801"}},
	{name: "start codes within STAP-A", codec: flv.H264, payloads: []string{"78 0006 00000001 6788 0002 6801"}, want: []string{"6788", "6801"}},
	{name: "nothing but a start code", codec: flv.H264, payloads: []string{"00000001", "6801"}, want: []string{"6801"}},
	{name: "type 0 without a start code", codec: flv.H264, payloads: []string{"0088"}, err: "NAL unit type 0"},
	{name: "FU-A of two types", codec: flv.H264, payloads: []string{"7c85 88", "7c41 88"}, err: "FU of type 1, it began with 5"},
	{name: "FU-A whose end has no data", codec: flv.H264, payloads: []string{"7c85 8801", "7c45"}, want: []string{"658801"}},
	{name: "FU-A of one byte", codec: flv.H264, payloads: []string{"7c"}, err: "FU-A of 1 bytes"},
	{name: "a type that nobody has defined", codec: flv.H264, payloads: []string{"6788", "7e01"}, err: "NAL unit type 30: left out"},
	{name: "forbidden bit", codec: flv.H264, payloads: []string{"e588"}, err: "forbidden_zero_bit"},
	{name: "FU-B", codec: flv.H264, payloads: []string{"7d85 0000 88"}, err: "29"},
	{name: "STAP-B", codec: flv.H264, payloads: []string{"79 0000 0002 6801"}, err: "25"},
	{name: "empty", codec: flv.H264, payloads: []string{""}, err: "empty"},
	{name: "a later slice first", codec: flv.H264, payloads: []string{"6548"}, want: []string{"6548"}, headless: true},

	{name: "single NAL units", codec: flv.HEVC, payloads: []string{"400101", "2601ac"}, want: []string{"400101", "2601ac"}},
	{name: "AP", codec: flv.HEVC, payloads: []string{"6001 0003 400101 0004 42010101"}, want: []string{"400101", "42010101"}},
	{name: "AP that is too short", codec: flv.HEVC, payloads: []string{"6001 0003 400101 0009 42"}, err: "a NAL unit of 9 bytes, 1 are left"},
	{name: "FU", codec: flv.HEVC, payloads: []string{"6201 93 ac01", "6201 13 02", "6201 53 03"}, want: []string{"2601ac010203"}},
	{name: "FU without start", codec: flv.HEVC, payloads: []string{"6201 13 02"}, err: "FU without its start"},
	{name: "FU end without start", codec: flv.HEVC, payloads: []string{"6201 53 02"}, err: "FU without its start"},
	{name: "FU without end", codec: flv.HEVC, payloads: []string{"6201 93 ac01"}, open: true},
	{name: "FU in one piece", codec: flv.HEVC, payloads: []string{"6201 d3 ac01"}, want: []string{"2601ac01"}},
	{name: "start codes", codec: flv.HEVC, payloads: []string{"00000001 400101", "420101 00000001 440101", "2601ac"}, want: []string{"400101", "420101", "440101", "2601ac"}},
	{name: "start code in front of FU", codec: flv.HEVC, payloads: []string{"6200 80 0001 26", "6200 40 01ac01"}, want: []string{"2601ac01"}},
	{name: "end of sequence", codec: flv.HEVC, payloads: []string{"2601ac", "4801"}, want: []string{"2601ac"}},
	{name: "FU whose end has no data", codec: flv.HEVC, payloads: []string{"6201 93 ac01", "6201 53"}, want: []string{"2601ac01"}},
	{name: "FU of two bytes", codec: flv.HEVC, payloads: []string{"6201"}, err: "FU of 2 bytes"},
	{name: "a type that nobody has defined", codec: flv.HEVC, payloads: []string{"660101"}, err: "NAL unit type 51"},
	{name: "FU of two types", codec: flv.HEVC, payloads: []string{"6201 93 ac01", "6201 54 01"}, err: "FU of type 20"},
	{name: "FU without an end before another", codec: flv.HEVC, payloads: []string{"6201 93 ac", "6201 d3 2c"}, want: []string{"2601ac", "26012c"}},
	{name: "FU without an end before a single NAL unit", codec: flv.HEVC, payloads: []string{"6201 a0 01", "2601ac"}, want: []string{"400101", "2601ac"}},
	{name: "PACI", codec: flv.HEVC, payloads: []string{"6401 0000 400101"}, err: "PACI"},
	{name: "header alone", codec: flv.HEVC, payloads: []string{"4001"}, err: "2 bytes"},
	{name: "forbidden bit", codec: flv.HEVC, payloads: []string{"a60100"}, err: "forbidden_zero_bit"},
	{name: "a later slice first", codec: flv.HEVC, payloads: []string{"26012c"}, want: []string{"26012c"}, headless: true},

	{name: "two OBUs, W=2", codec: flv.AV1, payloads: []string{"20 02 0801 3002"}, want: []string{"0a0101 320102"}},
	{name: "OBUs with lengths, W=0", codec: flv.AV1, payloads: []string{"00 02 0801 02 3002"}, want: []string{"0a0101 320102"}},
	{name: "fragments", codec: flv.AV1, payloads: []string{"50 3001", "d0 02", "90 03"}, want: []string{"3203010203"}},
	{name: "temporal delimiter", codec: flv.AV1, payloads: []string{"20 01 10 3002"}, want: []string{"320102"}},
	{name: "goes on without beginning", codec: flv.AV1, payloads: []string{"90 3001"}, err: "has not begun"},
	{name: "begins while unfinished", codec: flv.AV1, payloads: []string{"50 3001", "10 3002"}, err: "unfinished"},
	{name: "without end", codec: flv.AV1, payloads: []string{"50 3001"}, open: true},
	{name: "length beyond the packet", codec: flv.AV1, payloads: []string{"00 05 08"}, err: "beyond the packet"},
	{name: "length that is cut off", codec: flv.AV1, payloads: []string{"00 ff"}, err: "beyond the packet"},
	{name: "length that is enormous", codec: flv.AV1, payloads: []string{"00 ffffffff0f 08"}, err: "beyond the packet"},
	{name: "too few OBUs", codec: flv.AV1, payloads: []string{"30 01 08"}, err: "the last OBU element is empty"},
	{name: "empty last OBU", codec: flv.AV1, payloads: []string{"20 01 08"}, err: "the last OBU element is empty"},
	{name: "header alone", codec: flv.AV1, payloads: []string{"10"}, err: "1 bytes"},

	{name: "one packet", codec: flv.VP8, payloads: []string{"10 500102"}, want: []string{"500102"}},
	{name: "two packets, second partition", codec: flv.VP8, payloads: []string{"10 5001", "00 02", "11 03"}, want: []string{"50010203"}},
	{name: "picture id of 15 bits, all extensions", codec: flv.VP8, payloads: []string{"90 f0 8001 05 20 5001"}, want: []string{"5001"}},
	{name: "begins in the midst", codec: flv.VP8, payloads: []string{"00 02"}, err: "begins too early or not at all"},
	{name: "begins twice", codec: flv.VP8, payloads: []string{"10 50", "10 50"}, err: "begins too early"},
	{name: "cut off", codec: flv.VP8, payloads: []string{"90"}, err: "packet is not large enough"},

	{name: "one packet", codec: flv.VP9, payloads: []string{"8c 01 8201"}, want: []string{"8201"}},
	{name: "two packets", codec: flv.VP9, payloads: []string{"88 01 8201", "84 01 02"}, want: []string{"820102"}},
	{name: "scalability structure", codec: flv.VP9, payloads: []string{"8e 01 18 0140 00b4 01 04 01 8201"}, want: []string{"8201"}},
	{name: "base layer only", codec: flv.VP9, payloads: []string{"ac 01 00 00 8201", "ac 01 03 00 ffff"}, want: []string{"8201"}},
	{name: "without end", codec: flv.VP9, payloads: []string{"88 01 8201"}, open: true},
	{name: "begins in the midst", codec: flv.VP9, payloads: []string{"84 01 02"}, err: "begins too early or not at all"},
	{name: "goes on after its end", codec: flv.VP9, payloads: []string{"8c 01 82", "80 01 02"}, err: "after its end"},
	{name: "cut off", codec: flv.VP9, payloads: []string{"8c"}, err: "packet is not large enough"},
}

func TestPicture(t *testing.T) {
	for _, c := range pictureCases {
		t.Run(c.codec.String()+" "+c.name, func(t *testing.T) {
			p := newPicture(c.codec)
			p.reset()
			for range 2 { // it is used again
				for i, payload := range c.payloads {
					b := unhex(payload)
					err := p.add(b)
					clear(b) // what was collected must not lie there
					if c.err != "" && i == len(c.payloads)-1 {
						require.ErrorIs(t, err, errBadPayload)
						require.ErrorContains(t, err, c.err)
					} else {
						require.NoError(t, err)
					}
				}
				require.Equal(t, c.open, c.err == "" && p.open())
				if c.err == "" && !c.open {
					var want [][]byte
					for _, w := range c.want {
						want = append(want, unhex(w))
					}
					require.Equal(t, want, p.parts())
					require.Equal(t, !c.headless, p.head())
					p.clear()
				} else {
					p.reset()
				}
				require.Empty(t, p.parts())
			}
		})
	}
}

func TestPictureLimits(t *testing.T) {
	big := make([]byte, 60000)
	for _, c := range []struct {
		name  string
		codec flv.Codec
		first string
		then  string
	}{
		{"FU-A", flv.H264, "7c85 88", "7c05"},
		{"NAL units", flv.H264, "4188", "4188"},
		{"FU", flv.HEVC, "6201 93 ac", "6201 13"},
		{"OBU", flv.AV1, "50 30", "d0"},
		{"frame", flv.VP8, "10 50", "00"},
		{"frame", flv.VP9, "88 01 82", "80 01"},
	} {
		t.Run(c.codec.String()+" "+c.name, func(t *testing.T) {
			p := newPicture(c.codec)
			p.reset()
			require.NoError(t, p.add(unhex(c.first)))
			packet := append(unhex(c.then), big...)
			n := 0
			var err error
			for ; err == nil && n < 1000; n++ {
				err = p.add(packet)
			}
			require.ErrorContains(t, err, "more than")
			require.Greater(t, n, 250)
		})
	}
	p := newPicture(flv.H264)
	p.reset()
	for range maxUnitParts {
		require.NoError(t, p.add([]byte{0x41}))
	}
	require.ErrorContains(t, p.add([]byte{0x41}), "more than 2048 NAL units")
}

var (
	hbr = genericFormat{sizeLength: 13, indexLength: 3, indexDeltaLength: 3, duration: 1024}
	lbr = genericFormat{sizeLength: 6, indexLength: 2, indexDeltaLength: 2, duration: 1024}
	cts = genericFormat{sizeLength: 8, indexLength: 4, indexDeltaLength: 4, ctsDeltaLength: 4, dtsDeltaLength: 3, randomAccess: true, streamStateLength: 2, auxiliaryLength: 8, duration: 1024}
)

// genericCases are packets of MPEG4-GENERIC, and the frames in them with their timestamps. A packet is a timestamp and the payload.
var genericCases = []struct {
	name   string
	format genericFormat
	in     []frameAt
	want   []frameAt
	err    string // of the last packet
}{
	{"AAC-hbr, one frame", hbr, []frameAt{{0, "0010 0018 210001"}}, []frameAt{{0, "210001"}}, ""},
	{"AAC-hbr, three frames", hbr, []frameAt{{5, "0030 0010 0008 0010 2101 22 2302"}}, []frameAt{{5, "2101"}, {1029, "22"}, {2053, "2302"}}, ""},
	{"AAC-hbr, fragments", hbr, []frameAt{{5, "0010 0028 2101"}, {5, "0010 0028 0203"}, {5, "0010 0028 04"}}, []frameAt{{5, "2101020304"}}, ""},
	{"AAC-hbr, a fragment is lost", hbr, []frameAt{{5, "0010 0028 2101"}, {1029, "0010 0010 2102"}}, []frameAt{{1029, "2102"}}, ""},
	{"AAC-hbr, fragments that are too long", hbr, []frameAt{{5, "0010 0028 2101"}, {5, "0010 0028 02030405"}}, nil, "fragments of 6 bytes, the frame has 5"},
	{"AAC-hbr, empty frame", hbr, []frameAt{{0, "0020 0000 0008 21"}}, []frameAt{{1024, "21"}}, ""},
	{"AAC-hbr, no headers", hbr, []frameAt{{0, "0000 2101"}}, nil, ""},
	{"AAC-hbr, headers beyond the packet", hbr, []frameAt{{0, "0020 0010"}}, nil, "AU headers of 32 bits in 4 bytes"},
	{"AAC-hbr, half a header", hbr, []frameAt{{0, "0008 00 21"}}, nil, "cut off"},
	{"AAC-hbr, second frame beyond the packet", hbr, []frameAt{{0, "0020 0010 0018 2101 22"}}, []frameAt{{0, "2101"}}, "frame 2 of 2 has 3 bytes, 1 are left"},
	{"AAC-hbr, interleaved", hbr, []frameAt{{0, "0020 0010 0012 2101 2202"}}, nil, "AU-Index-delta 2"},
	{"AAC-hbr, one byte", hbr, []frameAt{{0, "00"}}, nil, "1 bytes"},
	{"ADTS header in a frame", hbr, []frameAt{{5, "0010 0050 fff15080015ffc 210001"}}, []frameAt{{5, "210001"}}, ""},
	{"ADTS headers in two frames", hbr, []frameAt{{5, "0020 0050 0048 fff15080015ffc 210001 fff15080013ffc 2202"}}, []frameAt{{5, "210001"}, {1029, "2202"}}, ""},
	{"ADTS header with a CRC", hbr, []frameAt{{5, "0010 0058 fff05080017ffc abcd 2101"}}, []frameAt{{5, "2101"}}, ""},
	{"two ADTS frames in one", hbr, []frameAt{{5, "0020 0098 0008 fff15080015ffc 210001 fff15080013ffc 2202 23"}}, []frameAt{{5, "210001"}, {1029, "2202"}, {2053, "23"}}, ""},
	{"ADTS header in fragments", hbr, []frameAt{{5, "0010 0050 fff15080"}, {5, "0010 0050 015ffc 210001"}}, []frameAt{{5, "210001"}}, ""},
	{"ADTS without AU headers", hbr, []frameAt{{5, "fff15080015ffc 210001 fff15080013ffc 2202"}}, []frameAt{{5, "210001"}, {1029, "2202"}}, ""},
	{"ADTS header that is wrong", hbr, []frameAt{{5, "0010 0050 fff15080095ffc 210001"}}, nil, "frame length 74"},
	{"AAC-lbr, two frames", lbr, []frameAt{{0, "0010 08 04 2101 22"}}, []frameAt{{0, "2101"}, {1024, "22"}}, ""},
	{"all fields", cts, []frameAt{{0, "0018 02 0a dd 00 2101"}}, []frameAt{{0, "2101"}}, ""},
	{"flags that say no", cts, []frameAt{{0, "0011 02 02 00 00 2101"}}, []frameAt{{0, "2101"}}, ""},
	{"auxiliary section", cts, []frameAt{{0, "0011 02 02 00 0c aaa0 2101"}}, []frameAt{{0, "2101"}}, ""},
	{"auxiliary section beyond the packet", cts, []frameAt{{0, "0011 02 02 00 7f aaa0 2101"}}, nil, "auxiliary section"},
	{"header too long", cts, []frameAt{{0, "0010 02 02 00 2101"}}, nil, "cut off"},
	{"constant size", genericFormat{constantSize: 2, duration: 1024}, []frameAt{{0, "2101 2202"}}, []frameAt{{0, "2101"}, {1024, "2202"}}, ""},
	{"constant size, fragments", genericFormat{constantSize: 4, duration: 1024}, []frameAt{{0, "2101"}, {0, "0203"}}, []frameAt{{0, "21010203"}}, ""},
	{"constant size, something left", genericFormat{constantSize: 2, duration: 1024}, []frameAt{{0, "2101 2202 23"}}, nil, "5 bytes, a frame has 2"},
}

type frameAt struct {
	at   int64
	data string
}

// collect takes packets apart, and returns the error of the last one.
func collect(t *testing.T, f frames, in []frameAt) (out []frameAt, err error) {
	t.Helper()
	for _, p := range in {
		require.NoError(t, err)
		b := unhex(p.data)
		err = f.add(b, true, p.at, func(frame []byte, at int64) { out = append(out, frameAt{at, hex.EncodeToString(frame)}) })
	}
	return out, err
}

func TestGeneric(t *testing.T) {
	for _, c := range genericCases {
		t.Run(c.name, func(t *testing.T) {
			out, err := collect(t, &generic{genericFormat: c.format}, c.in)
			require.Equal(t, len(c.want), len(out))
			for i, w := range c.want {
				require.Equal(t, frameAt{w.at, strings.ReplaceAll(w.data, " ", "")}, out[i])
			}
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, errBadPayload)
				require.ErrorContains(t, err, c.err)
			}
		})
	}
}

func TestLATM(t *testing.T) {
	mux := &mpeg4audio.StreamMuxConfig{
		Programs: []*mpeg4audio.StreamMuxConfigProgram{{Layers: []*mpeg4audio.StreamMuxConfigLayer{{
			AudioSpecificConfig: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2, ChannelCount: 2},
			LatmBufferFullness:  255,
		}}}},
	}
	element := func(inband, same bool, frame string) []byte {
		e := mpeg4audio.AudioMuxElement{MuxConfigPresent: inband, UseSameStreamMux: same, StreamMuxConfig: mux, Payloads: [][][][]byte{{{unhex(frame)}}}}
		b, err := e.Marshal()
		require.NoError(t, err)
		return b
	}
	add := func(l *latm, payload []byte, marker bool, at int64) (out []frameAt) {
		require.NoError(t, l.add(payload, marker, at, func(frame []byte, at int64) { out = append(out, frameAt{at, hex.EncodeToString(frame)}) }))
		return out
	}
	asc := []byte{0x11, 0x90}

	l := &latm{mux: mux, asc: asc, rate: 48000}
	require.Equal(t, []frameAt{{7, "21010203"}}, add(l, element(false, false, "21010203"), true, 7))
	whole := element(false, false, "21010203")
	require.Empty(t, add(l, whole[:2], false, 1031))
	require.Equal(t, []frameAt{{1031, "21010203"}}, add(l, whole[2:], true, 1031))
	require.Empty(t, add(l, whole[:2], false, 2055))
	require.Equal(t, []frameAt{{3079, "21010203"}}, add(l, whole, true, 3079), "the rest of the one before did not come")
	require.ErrorIs(t, l.add([]byte{9, 1}, true, 0, nil), errBadPayload)
	require.ErrorIs(t, l.add(make([]byte, maxLATMElement+1), false, 0, nil), errBadPayload)

	l = &latm{inband: true, rate: 48000}
	require.Empty(t, add(l, element(true, true, "2101"), true, 0), "its configuration has not come yet")
	require.Nil(t, l.config())
	require.Equal(t, []frameAt{{1, "2102"}}, add(l, element(true, false, "2102"), true, 1))
	require.Equal(t, asc, l.config())
	require.Equal(t, []frameAt{{2, "2103"}}, add(l, element(true, true, "2103"), true, 2))
}

func TestSimpleFrames(t *testing.T) {
	for _, f := range []frames{&opusFrames{}, &samples{}} {
		out, err := collect(t, f, []frameAt{{9, "fc0102"}})
		require.NoError(t, err)
		require.Equal(t, []frameAt{{9, "fc0102"}}, out)
		f.reset()
		require.Nil(t, f.config())
	}
	require.ErrorIs(t, (&opusFrames{}).add(nil, false, 0, nil), errBadPayload)
}
