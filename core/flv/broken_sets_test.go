package flv

import (
	"bytes"
	"luatrtmp/core/flv/bitstream"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

// A VUI that is broken or cut says nothing that decoding needs: the set is kept, size and profile are known, and the frame goes.
func TestBrokenVUI(t *testing.T) {
	// aspect_ratio_idc 255, extended, takes 32 bits more than there are, and moves all that follows.
	broken := append(bytes.Clone(spsMain[:11]), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
	cases := []struct {
		name   string
		codec  Codec
		config []byte
		sets   [][]byte
		idr    []byte
		width  int
	}{
		{"HEVC, cut", HEVC, nil, [][]byte{vpsHEVC, spsHEVC[:30], ppsHEVC}, hevcIDR, 320},
		{"HEVC, cut, in the record", HEVC, hevcWith(vpsHEVC, spsHEVC[:30], ppsHEVC), nil, hevcIDR, 320},
		{"H.264, broken", H264, nil, [][]byte{broken, ppsMain}, idr, 640},
		{"H.264, cut", H264, nil, [][]byte{spsMain[:12], ppsMain}, idr, 640},
		{"H.264, cut, in the record", H264, avcWith([][]byte{spsMain[:12]}, [][]byte{ppsMain}), nil, idr, 640},
		{"H.264, cut before its end", H264, nil, [][]byte{spsMain[:len(spsMain)-4], ppsMain}, idr, 640},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			track, err := NewVideoTrack(c.codec)
			require.NoError(t, err)
			if c.config != nil {
				require.NoError(t, track.SetConfig(c.config))
			}
			u, err := track.Take(append(c.sets, c.idr))
			require.ErrorIs(t, err, ErrBadParameterSet)
			require.ErrorContains(t, err, "its VUI cannot be read")
			require.Equal(t, [][]byte{c.idr}, u.Parts)
			require.True(t, u.Key)
			require.True(t, u.ConfigChanged)
			require.NotNil(t, track.Record())
			require.Equal(t, c.width, track.Info().Width)
			_, err = track.Take([][]byte{c.idr})
			require.NoError(t, err, "it is reported once")
		})
	}
}

// Of a record, sets that cannot be read are left out; it is bad if no others of their kind are in it.
func TestRecordWithBrokenSets(t *testing.T) {
	badSPS, badPPS := []byte{0x67, 0x4D}, []byte{0x68}
	badHEVC := []byte{0x42, 1, 1}
	for _, c := range []struct {
		name   string
		codec  Codec
		record []byte
		want   []byte // nil: an error
	}{
		{"another SPS", H264, avcWith([][]byte{badSPS, spsMain}, [][]byte{ppsMain}), recordMain},
		{"another PPS", H264, avcWith([][]byte{spsMain}, [][]byte{ppsMain, badPPS}), recordMain},
		{"the only SPS", H264, avcWith([][]byte{badSPS}, [][]byte{ppsMain}), nil},
		{"the only PPS", H264, avcWith([][]byte{spsMain}, [][]byte{badPPS}), nil},
		{"another SPS of HEVC", HEVC, hevcWith(vpsHEVC, badHEVC, spsHEVC, ppsHEVC), hevcMain},
		{"the only SPS of HEVC", HEVC, hevcWith(vpsHEVC, badHEVC, ppsHEVC), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			track, err := NewVideoTrack(c.codec)
			require.NoError(t, err)
			err = track.SetConfig(c.record)
			if c.want == nil {
				require.ErrorIs(t, err, ErrBadParameterSet)
				require.Nil(t, track.Record())
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, track.Record())
			_, err = track.Take(nil)
			require.ErrorIs(t, err, ErrBadParameterSet)
			_, err = track.Take(nil)
			require.NoError(t, err, "it is reported once")
		})
	}
}

// avcWith makes an AVCDecoderConfigurationRecord with the header of recordMain.
func avcWith(sps, pps [][]byte) []byte {
	r := append(bytes.Clone(recordMain[:recordHeader-1]), numSPSReserve|byte(len(sps)))
	for _, nalu := range sps {
		r = appendSet(r, nalu)
	}
	r = append(r, byte(len(pps)))
	for _, nalu := range pps {
		r = appendSet(r, nalu)
	}
	return r
}

// hevcWith makes an HEVCDecoderConfigurationRecord with the header of hevcMain and an array for each set.
func hevcWith(sets ...[]byte) []byte {
	r := append(bytes.Clone(hevcMain[:hevcRecordHeader-1]), byte(len(sets)))
	for _, nalu := range sets {
		r = appendSets(r, arrayCompleteness|byte(hevcType(nalu)), [][]byte{nalu})
	}
	return r
}

// A NAL unit with the forbidden_zero_bit is damaged: it is left out, and is neither a frame, nor a key frame, nor a parameter set.
func TestForbiddenZeroBit(t *testing.T) {
	damaged := func(nalu []byte) []byte {
		nalu = bytes.Clone(nalu)
		nalu[0] |= 0x80
		return nalu
	}
	for _, c := range []struct {
		codec Codec
		sets  [][]byte
		idr   []byte
	}{
		{H264, [][]byte{spsMain, ppsMain}, idr},
		{HEVC, [][]byte{vpsHEVC, spsHEVC, ppsHEVC}, hevcIDR},
	} {
		t.Run(c.codec.String(), func(t *testing.T) {
			track, err := NewVideoTrack(c.codec)
			require.NoError(t, err)
			_, err = track.Take(append([][]byte{damaged(c.sets[0]), damaged(c.sets[1])}, damaged(c.idr)))
			require.ErrorIs(t, err, ErrBadNALUnit)
			require.Nil(t, track.Record())

			u, err := track.Take(append(append([][]byte{damaged(c.idr)}, c.sets...), c.idr))
			require.ErrorIs(t, err, ErrBadNALUnit)
			require.Equal(t, [][]byte{c.idr}, u.Parts)
			require.Equal(t, 1, u.Frames)
			require.True(t, u.Key)

			u, err = track.Take([][]byte{damaged(c.idr)})
			require.ErrorIs(t, err, ErrBadNALUnit)
			require.Empty(t, u.Parts)
			require.Zero(t, u.Frames)
			require.False(t, u.Key)
			require.False(t, c.codec.IsKey([][]byte{damaged(c.idr)}))
			require.True(t, c.codec.IsKey([][]byte{damaged(c.idr), c.idr}))

			stream := func(nalus ...[]byte) (all []byte) {
				for _, n := range nalus {
					all = append(append(all, 0, 0, 1), n...)
				}
				return all
			}
			codec, err := Recognize(stream(append([][]byte{damaged(c.idr)}, c.sets...)...))
			require.NoError(t, err)
			require.Equal(t, c.codec, codec)
			_, err = Recognize(stream(damaged(c.sets[0]), damaged(c.sets[1])))
			require.ErrorIs(t, err, ErrUnknownCodec)
		})
	}
}

// An SPS that lists long-term reference pictures is good, though its VUI is not read: size, and the order of pictures, are known.
func TestHEVCLongTermPictures(t *testing.T) {
	var w bitstream.Writer
	ue := func(v ...uint32) {
		for _, n := range v {
			size := bits.Len32(n + 1)
			w.Put(n+1, 2*size-1)
		}
	}
	w.Put(1, 4+3+1) // temporal_id_nesting_flag
	for _, b := range []uint32{1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x1E} {
		w.Put(b, 8)
	}
	ue(0, 1, 320, 184)     // id, 4:2:0, size
	w.Put(1, 1)            // conformance window
	ue(0, 0, 0, 2)         //
	ue(0, 0, 4)            // depths, log2_max_pic_order_cnt_lsb_minus4
	w.Put(1, 1)            //
	ue(4, 2, 0)            // two pictures are reordered
	ue(0, 3, 0, 3, 0, 0)   // block sizes
	w.Put(0b0110, 4)       // no scaling list, AMP, SAO, no PCM
	ue(0)                  // short-term reference picture sets
	w.Put(1, 1)            // long_term_ref_pics_present_flag
	ue(1)                  //
	w.Put(5<<1|1, 8+1)     // one of them
	w.Put(0b11_0_1, 2+1+1) // no VUI; stop bit
	sps := append([]byte{0x42, 1}, addEmulationPrevention(w.Buf)...)

	track := &hevcTrack{}
	u, err := track.Take([][]byte{vpsHEVC, sps, ppsHEVC, hevcIDR})
	require.NoError(t, err)
	require.True(t, u.Key)
	require.Equal(t, VideoInfo{Codec: HEVC, Width: 320, Height: 180}, track.Info())
	h, err := track.Slice([]byte{0x02, 1, 0x80 | 0x40 | 0x20 | 0x02, 0x90, 0, 0}) // TRAIL_R: first segment, PPS 0, P slice, LSB 0x12
	require.NoError(t, err)
	require.True(t, h.First)
	require.True(t, h.Ordered)
	require.Equal(t, 8, h.LSBBits)
	require.Equal(t, 2, h.Reorder)
}

// The first fields of a slice segment header are read whatever is cut.
func FuzzHEVCSlice(f *testing.F) {
	f.Add(spsHEVC, ppsHEVC, hevcIDR)
	f.Add(withSubLayerLevel(), ppsHEVC, []byte{2, 1, 0xD0, 8})
	f.Fuzz(func(t *testing.T, sps, pps, slice []byte) {
		track := &hevcTrack{}
		_, _ = track.Take([][]byte{sps, pps, slice})
		h, err := track.Slice(slice)
		if err == nil && h.Ordered {
			require.Less(t, h.LSB, uint32(1)<<h.LSBBits)
			require.LessOrEqual(t, h.LSBBits, maxLSBBits)
		}
		require.LessOrEqual(t, h.Reorder, maxReorder)
		if plain := plainHEVCSPS(sps); len(plain) > 0 {
			require.Less(t, len(plain), 2*len(sps)+4)
		}
	})
}
