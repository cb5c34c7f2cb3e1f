package flv

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// annexB puts NAL units in byte stream format.
func annexB(nalus ...[]byte) (au []byte) {
	for _, n := range nalus {
		au = append(append(au, 0, 0, 0, 1), n...)
	}
	return au
}

var recognized = []struct {
	name  string
	unit  []byte
	codec Codec
}{
	{"H.264", annexB(aud, spsMain, ppsMain, idr), H264},
	{"H.264 without parameter sets", annexB(aud, idr), H264},
	{"H.264 slice", annexB(inter), H264},
	{"H.264 with nal_ref_idc 1", annexB([]byte{0x25, 0x88}), H264},
	{"HEVC", annexB(vpsHEVC, spsHEVC, ppsHEVC, hevcIDR), HEVC},
	{"HEVC without parameter sets", annexB([]byte{0x46, 1, 0x50}, hevcCRA), HEVC},
	{"HEVC key frame alone", annexB(hevcIDR), HEVC},
	{"HEVC slice", annexB(hevcTrailR), HEVC},
	{"HEVC of two sub-layers", annexB(hevcTSAN), HEVC},
	{"AV1", body(av1Delim, av1Header, av1Key), AV1},
	{"AV1 without delimiter", body(av1Header, av1Key), AV1},
	{"AV1 delimiter", body(av1Delim, av1Inter), AV1},
	{"VP9", unhex("824983420013f00b360638241c1842000d60"), VP9},
	{"VP8", unhex("f062009d012a4001b40000070885"), VP8},
	{"AAC", body(adtsFrame, adtsFrameCRC), AAC},
	{"MP3", mp3Frame, MP3},
	{"MP3, two frames", body(mp3Frame, mp3Frame), MP3},
	{"MP3, MPEG-2.5", mp3MPEG25, MP3},
	{"AC-3", ac3Frame, AC3},
	{"E-AC-3", eac3Frame, EAC3},
	{"E-AC-3 with a dependent substream", body(eac3Frame, 0x0B, 0x77, 0x41, make([]byte, 20)), EAC3},
	{"OpusHead", OpusHead(2), Opus},
	{"fLaC", flacRecord, FLAC},
}

func recognize(kind Kind, unit []byte) (Codec, error) {
	if kind == Audio {
		return RecognizeAudio(unit)
	}
	return Recognize(unit)
}

func TestRecognize(t *testing.T) {
	for _, c := range recognized {
		t.Run(c.name, func(t *testing.T) {
			got, err := recognize(c.codec.Kind(), c.unit)
			require.NoError(t, err)
			require.Equal(t, c.codec, got)
		})
	}
}

var unrecognized = []struct {
	name string
	kind Kind
	unit []byte
	text string
}{
	{"empty", Video, nil, "the access unit is empty"},
	{"start codes alone", Video, []byte{0, 0, 1, 0, 0, 1}, "start codes without a NAL unit"},
	{"noise with a start code", Video, annexB([]byte{0xFF, 0xFF, 1}), "neither H.264 nor HEVC: 7 bytes, headers ff ff"},
	{"ambiguous", Video, annexB([]byte{0x06, 0x02, 1}), "both H.264 and HEVC have"},
	{"AVCC", Video, sized, "a length of 4 bytes in front of each"},
	{"AV1, cut", Video, body(av1Delim, av1Key[:4]),
		"like AV1 OBUs of types 2, but: bad frame: AV1 OBU of type 6 and 4 bytes at 2, 2 bytes follow"},
	{"AV1 without sizes", Video, []byte{0x08, 0, 0}, "the first OBU has no size"},
	{"AV1 with a bad header", Video, []byte{0x0A, 1, 0}, "sequence header of 1 bytes"},
	{"text", Video, []byte("RIFF"), "4 bytes that begin with 52 49 46 46"},
	{"empty", Audio, nil, "the frame is empty"},
	{"raw", Audio, []byte{0x21, 0x10, 5}, "3 bytes that begin with 21 10 05"},
	{"ADTS, cut", Audio, adtsFrame[:9], "9 bytes that begin with ff f1"},
	{"MP3, cut", Audio, mp3Frame[:200], "200 bytes that begin with ff fb"},
}

func TestRecognizeErrors(t *testing.T) {
	for _, c := range unrecognized {
		t.Run(c.kind.String()+" "+c.name, func(t *testing.T) {
			got, err := recognize(c.kind, c.unit)
			require.Equal(t, NoCodec, got)
			require.ErrorIs(t, err, ErrUnknownCodec)
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, "pass it as `codec`")
		})
	}
}

func FuzzRecognize(f *testing.F) {
	for _, c := range recognized {
		f.Add(c.unit)
	}
	for _, c := range unrecognized {
		f.Add(c.unit)
	}
	f.Fuzz(func(t *testing.T, unit []byte) {
		for _, kind := range []Kind{Video, Audio} {
			c, err := recognize(kind, unit)
			if err != nil {
				require.ErrorIs(t, err, ErrUnknownCodec)
				continue
			}
			require.Equal(t, kind, c.Kind())
		}
	})
}
