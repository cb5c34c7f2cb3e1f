package wav

import (
	"luatrtmp/core/source/media"
)

// Format is RIFF/WAVE.
var Format = media.Format{
	Name:      "WAV",
	Recognise: func(_ string, head []byte) bool { return RIFFKind(head) == "WAVE" },
	Open:      Open,
}

// RIFFKind returns what is in a RIFF file, as in "WAVE" and "AVI ", or "" if it is no RIFF file.
func RIFFKind(head []byte) string {
	if len(head) < riffHeaderSize || string(head[:4]) != "RIFF" {
		return ""
	}
	return string(head[8:riffHeaderSize])
}
