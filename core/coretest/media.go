package coretest

import (
	"encoding/hex"
	"strings"

	"luatrtmp/core/flv"
)

// Parameter sets as x264 writes them, and NAL units that look like pictures.
var (
	SPSMain    = Unhex("674d401fa6110280bfe5c044000003000400000300c83c60c846") // 640x360, 25 fps
	PPSMain    = Unhex("68e84332c8")
	SPSHigh    = Unhex("6764000cac76110a37e4c04400000fa40003a9803c50a61180") // 160x90, 30000/1001 fps
	PPSHigh    = Unhex("68e843b2c8b0")
	IDR        = []byte{0x65, 0x88, 0x82, 8}
	Inter      = []byte{0x41, 0x9A, 0x24}
	RecordMain = Unhex("014d401fffe1001a" + hex.EncodeToString(SPSMain) + "010005" + hex.EncodeToString(PPSMain))

	ASCStereo = []byte{0x12, 0x10}               // AAC LC, 44100 Hz, 2 channels
	ADTS      = Unhex("fff15080013ffc" + "2122") // one frame of 2 bytes, the same configuration
	KeyFrame  = AnnexB(SPSMain, PPSMain, IDR)
	Picture   = AnnexB(Inter)
)

// Media of the other codecs, as libaom, libvpx and x265 write it.
var (
	AV1Key   = Unhex("12000a0a00000002afff9b5f2008320c10009680000200000000ec84") // 64x64
	AV1Inter = Unhex("120032113003c080000006c0000002800020009910")
	VP9Key   = Unhex("824983420003f003f60038241c184a00003060000013b818000000")
	VP8Key   = Unhex("f002009d012a40004000004708858588858488020200067049d96f5416a425e200fe6800")

	HEVCRecord = Unhex("0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003003c959409" +
		"a10001002b42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210a2000100064401c073c189") // 320x180
	VPS, SPSHEVC, PPSHEVC = HEVCRecord[28:52], HEVCRecord[57:100], HEVCRecord[105:]
	HEVCIDR               = Unhex("2801ac74c2ea8bd26089a52740a0")
	HEVCTrail             = Unhex("0201d02149883a61501b5e4228cb")
	HEVCKey               = AnnexB(VPS, SPSHEVC, PPSHEVC, HEVCIDR)

	OpusHead  = flv.OpusHead(2)
	OpusFrame = []byte{0xFC, 0xFF, 0xFE} // 20 ms, stereo
	AC3Frame  = append(Unhex("0b77b50b1e40ebf8403eff99"), make([]byte, 1780)...)
	EAC3Frame = append(Unhex("0b77017f3487c00020842108"), make([]byte, 756)...)
	MP3Frame  = append(Unhex("fffb54c0"), make([]byte, 188)...)
	FLACHead  = Unhex("664c6143" + "80000022" + "10001000" + "000000000000" + "0ac442f0" + "00000000" + strings.Repeat("00", 16))
)

// Unhex returns the bytes of a hexadecimal text.
func Unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// AnnexB joins NAL units with start codes.
func AnnexB(nalus ...[]byte) []byte {
	var au []byte
	for _, n := range nalus {
		au = append(append(au, 0, 0, 0, 1), n...)
	}
	return au
}
