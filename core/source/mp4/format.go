package mp4

import (
	"luatrtmp/core/source/media"
)

// Format is ISO/IEC 14496-12 and -14, and QuickTime.
var Format = media.Format{Name: "MP4", Recognise: isMP4, Open: Open}

// isMP4 looks for a box that may open a file.
func isMP4(_ string, head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "moof", "styp", "sidx", "free", "skip", "wide", "pnot", "uuid":
		return true
	}
	return false
}
