package source

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"luatrtmp/core/flv"
)

type format string

const (
	formatFLV    format = "FLV"
	formatMP4    format = "MP4"
	formatAnnexB format = "H.264 byte stream"
	formatADTS   format = "ADTS"

	sniffSize = 512

	hevcVPS = 32 // nal_unit_type, H.265, table 7-1
)

// others are known containers that cannot be read, by their first bytes.
var others = []struct{ magic, name string }{
	{"\x1A\x45\xDF\xA3", "Matroska or WebM"},
	{"RIFF", "AVI or WAV"},
	{"OggS", "Ogg"},
	{"fLaC", "FLAC"},
	{"\x00\x00\x01\xBA", "MPEG program stream"},
	{"\x30\x26\xB2\x75", "ASF"},
}

// sniff tells the format by the first bytes of a file. The name serves the error text, and tells raw HEVC from raw H.264.
func sniff(name string, head []byte) (format, error) {
	for _, o := range others {
		if bytes.HasPrefix(head, []byte(o.magic)) {
			return "", fmt.Errorf("%s files are %w; %s", o.name, ErrUnsupported, remuxAdvice)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("FLV")):
		return formatFLV, nil
	case isMP4(head):
		return formatMP4, nil
	case flv.IsADTS(head), bytes.HasPrefix(head, []byte("ID3")):
		return formatADTS, nil
	case len(head) > 188 && head[0] == 0x47 && head[188] == 0x47:
		return "", fmt.Errorf("MPEG transport stream files are %w; %s", ErrUnsupported, remuxAdvice)
	}
	nalus, err := flv.SplitAnnexB(nil, head)
	if err != nil {
		return "", fmt.Errorf("%w: it begins with % x, which is neither FLV, MP4, H.264 with start codes nor ADTS", ErrBadMedia, head[:min(len(head), 8)])
	}
	if isHEVC(name, nalus) {
		return "", fmt.Errorf("not H.264: hevc cannot be sent: %w; %s", ErrUnsupported, videoAdvice)
	}
	return formatAnnexB, nil
}

// isMP4 looks for a box that may open a file.
func isMP4(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "moof", "styp", "sidx", "free", "skip", "wide", "pnot", "uuid":
		return true
	}
	return false
}

func isHEVC(name string, nalus [][]byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".h265", ".265", ".hevc":
		return true
	}
	// A VPS has a header of 40 01, which H.264 would read as the unspecified type 0.
	for _, nalu := range nalus {
		if len(nalu) >= 2 && nalu[0]>>1 == hevcVPS && nalu[1] == 1 {
			return true
		}
	}
	return false
}
