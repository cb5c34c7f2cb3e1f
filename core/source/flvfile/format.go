package flvfile

import (
	"luatrtmp/core/source/media"
)

// Format is FLV, Adobe Flash Video File Format Specification 10.1, annex E, also as Enhanced RTMP has it.
var Format = media.Format{Name: "FLV", Recognise: media.Begins("FLV"), Open: Open}
