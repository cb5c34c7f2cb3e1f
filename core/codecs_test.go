package core

import (
	"strings"

	"luatrtmp/core/flv"
)

// Media of the other codecs, as libaom, libvpx and x265 write it.
var (
	av1Key   = unhex("12000a0a00000002afff9b5f2008320c10009680000200000000ec84") // 64x64
	av1Inter = unhex("120032113003c080000006c0000002800020009910")
	vp9Key   = unhex("824983420003f003f60038241c184a00003060000013b818000000")
	vp8Key   = unhex("f002009d012a40004000004708858588858488020200067049d96f5416a425e200fe6800")

	hevcRecord = unhex("0101600000009000000000003cf000fcfdf8f800000f03a00001001840010c01ffff01600000030090000003000003003c959409" +
		"a10001002b42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210a2000100064401c073c189") // 320x180
	vps, spsHEVC, ppsHEVC = hevcRecord[28:52], hevcRecord[57:100], hevcRecord[105:]
	hevcIDR               = unhex("2801ac74c2ea8bd26089a52740a0")
	hevcTrail             = unhex("0201d02149883a61501b5e4228cb")
	hevcKey               = annexB(vps, spsHEVC, ppsHEVC, hevcIDR)

	opusHead  = flv.OpusHead(2)
	opusFrame = []byte{0xFC, 0xFF, 0xFE} // 20 ms, stereo
	ac3Frame  = append(unhex("0b77b50b1e40ebf8403eff99"), make([]byte, 1780)...)
	eac3Frame = append(unhex("0b77017f3487c00020842108"), make([]byte, 756)...)
	mp3Frame  = append(unhex("fffb54c0"), make([]byte, 188)...)
	flacHead  = unhex("664c6143" + "80000022" + "10001000" + "000000000000" + "0ac442f0" + "00000000" + strings.Repeat("00", 16))
)
