package e2e_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// canonical returns a configuration record in hex, without what another muxer may do differently.
func canonical(codec string, record []byte) string {
	switch codec {
	case "fLaC":
		// FLAC in Enhanced RTMP begins with the stream's marker and a block's header; FFmpeg writes STREAMINFO alone.
		record = bytes.TrimPrefix(record, []byte("fLaC\x80\x00\x00\x22"))
	case "hvc1":
		record = withoutCompleteness(record)
	}
	return hex.EncodeToString(record)
}

// An HEVC configuration record has a head, the number of arrays, and arrays of NAL units. ISO/IEC 14496-15, 8.3.3.1.2.
const (
	hevcHead         = 22
	hevcArrayHead    = 3    // type, number of NAL units
	hevcComplete     = 0x80 // array_completeness, in the type's byte
	naluLengthInHVCC = 2
)

// withoutCompleteness clears array_completeness of an HEVC configuration record: FFmpeg says that parameter sets may come in the
// stream too, even where none do.
func withoutCompleteness(record []byte) []byte {
	record = slices.Clone(record)
	hevcArrays(record, func(head, _ []byte) { head[0] &^= hevcComplete })
	return record
}

// hevcSets returns the NAL units of an HEVC configuration record.
func hevcSets(record []byte) (sets [][]byte) {
	hevcArrays(record, func(_, nalu []byte) { sets = append(sets, nalu) })
	return sets
}

// hevcArrays visits each NAL unit, with the head of the array that it is in.
func hevcArrays(record []byte, visit func(head, nalu []byte)) {
	for at := hevcHead + 1; at+hevcArrayHead <= len(record); {
		head := record[at : at+hevcArrayHead]
		at += hevcArrayHead
		for n := binary.BigEndian.Uint16(head[1:]); n > 0 && at+naluLengthInHVCC <= len(record); n-- {
			size := int(binary.BigEndian.Uint16(record[at:]))
			at += naluLengthInHVCC
			visit(head, record[at:min(at+size, len(record))])
			at += size
		}
	}
}
