package e2e_test

import (
	"bytes"
	"encoding/hex"
)

// canonical returns a configuration record in hex, without what the specifications leave to the muxer.
func canonical(codec string, record []byte) string {
	if codec == "fLaC" {
		// FLAC in Enhanced RTMP begins with the stream's marker; FFmpeg writes STREAMINFO alone.
		record = bytes.TrimPrefix(record, []byte("fLaC\x80\x00\x00\x22"))
	}
	return hex.EncodeToString(record)
}
