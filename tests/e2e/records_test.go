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

// withoutCompleteness clears array_completeness of an HEVC configuration record: FFmpeg says that parameter sets may come in the stream too, even
// where none do. ISO/IEC 14496-15, 8.3.3.1.2.
func withoutCompleteness(record []byte) []byte {
	const (
		head       = 22 // then the number of arrays
		complete   = 0x80
		arrayHead  = 3 // type, number of NAL units
		lengthSize = 2
	)

	record = slices.Clone(record)
	at := head + 1
	for at+arrayHead <= len(record) {
		record[at] &^= complete
		n := int(binary.BigEndian.Uint16(record[at+1:]))
		for at += arrayHead; n > 0 && at+lengthSize <= len(record); n-- {
			at += lengthSize + int(binary.BigEndian.Uint16(record[at:]))
		}
	}

	return record
}
