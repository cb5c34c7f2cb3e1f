package mediatest

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// NAL makes a NAL unit with a 4-byte start code.
func NAL(b ...byte) []byte { return append([]byte{0, 0, 0, 1}, b...) }

// Slices for the SPS and PPS in record: 4 bits of frame_num, pic_order_cnt_type 2; the first bits are first_mb_in_slice, slice_type, PPS id.
var (
	SPS           = append([]byte{0, 0, 0, 1}, AVCRecord[8:34]...)
	PPS           = append([]byte{0, 0, 1}, AVCRecord[37:]...)
	IDR           = NAL(0x65, 0x88, 0x80, 0x40) // first_mb 0
	IDRRest       = NAL(0x65, 0x28, 0x88, 0x04) // first_mb 4
	P             = NAL(0x41, 0x9A, 0x20, 0x40) // frame_num 1
	AUD           = NAL(0x09, 0xF0)
	SEI           = NAL(0x06, 5, 1, 0xAA, 0x80)
	EndOfSequence = NAL(0x0A)
)

// An AVCDecoderConfigurationRecord as x264 makes it: 640x360, 25 fps, lengths of 4 bytes.
var AVCRecord, _ = hex.DecodeString("014d401fffe1001a674d401fa6110280bfe5c044000003000400000300c83c60c84601000568e84332c8")

// AccessUnits cuts a byte stream in front of its access unit delimiters.
func AccessUnits(file, delimiter []byte) (units [][]byte) {
	for len(file) > 0 {
		end := bytes.Index(file[1:], delimiter) + 1
		if end == 0 {
			end = len(file)
		}
		units, file = append(units, file[:end]), file[end:]
	}
	return units
}

// HEVCSetsOf returns VPS, SPS and PPS of a file, each with its start code.
func HEVCSetsOf(t testing.TB, name string) []byte {
	nalus, err := flv.SplitAnnexB(nil, File(t, name))
	require.NoError(t, err)
	var sets []byte
	for _, nalu := range nalus {
		if typ := nalu[0] >> 1; typ >= 32 && typ <= 34 {
			sets = append(sets, NAL(nalu...)...)
		}
		if len(sets) > 0 && nalu[0]>>1 < 32 {
			break
		}
	}
	require.NotEmpty(t, sets)
	return sets
}
