package flv

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// A CRA picture becomes a BLA picture in each form that has one, and nothing else changes.
func TestBreakLink(t *testing.T) {
	otherLayer := []byte{0x2A, 0x09, 0xAC}
	bla := bytes.Clone(hevcCRA)
	bla[0] = 17 << 1
	key := Picture{Key: true}
	for _, c := range []struct {
		name    string
		form    Form
		picture Picture
		in, out [][]byte
	}{
		{"legacy", Form{Codec: HEVC}, key, [][]byte{hevcCLL, hevcCRA, hevcCRA}, [][]byte{hevcCLL, bla, bla}},
		{"enhanced", enhancedHEVC, key, [][]byte{hevcCRA, otherLayer}, [][]byte{bla, otherLayer}},
		{"enhanced, composition time", enhancedHEVC, Picture{Key: true, CompositionTime: 40}, [][]byte{hevcCRA}, [][]byte{bla}},
		{"another track", Form{Codec: HEVC, Track: 3}, key, [][]byte{hevcCRA}, [][]byte{bla}},
		{"IDR", enhancedHEVC, key, [][]byte{hevcIDR}, [][]byte{hevcIDR}},
		{"empty NAL units", enhancedHEVC, key, [][]byte{{}, {0x2A}, hevcCRA}, [][]byte{{}, {0x2A}, bla}},
		{"H.264", Form{Codec: H264}, key, [][]byte{{0x2A, 1, 2}}, [][]byte{{0x2A, 1, 2}}},
		{"AV1", Form{Codec: AV1}, key, [][]byte{{0, 0, 0, 3, 0x2A, 1, 2}}, [][]byte{{0, 0, 0, 3, 0x2A, 1, 2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Builder
			got := bytes.Join(b.VideoFrame(c.form, c.picture, c.in), nil)
			want := bytes.Join(b.VideoFrame(c.form, c.picture, c.out), nil)
			BreakLink(got)
			require.Equal(t, want, got)
		})
	}
	for _, body := range [][]byte{nil, {0x90}, {0x1C, 1, 0, 0, 0}, {0x1C, 1, 0, 0, 0, 0, 0, 0, 9, 0x2A, 1}} {
		same := bytes.Clone(body)
		BreakLink(body)
		require.Equal(t, same, body, "a length beyond the end")
	}
}

func FuzzBreakLink(f *testing.F) {
	var b Builder
	f.Add(bytes.Join(b.VideoFrame(enhancedHEVC, Picture{Key: true}, [][]byte{hevcCRA}), nil))
	f.Add([]byte{0x1C, 1, 0, 0, 0, 0, 0, 0, 9, 0x2A, 1})
	f.Fuzz(func(t *testing.T, body []byte) {
		same := bytes.Clone(body)
		BreakLink(body)
		for i := range body {
			require.True(t, body[i] == same[i] || body[i]&0x81 == same[i]&0x81 && body[i]&0x7E == 17<<1)
		}
	})
}
