package mpegts

import (
	"luatrtmp/core/source/media"
)

// formatName is the name of transport streams in messages.
const formatName = "MPEG transport stream"

// Format is a transport stream, ISO/IEC 13818-1.
var Format = media.Format{
	Name:      formatName,
	Recognise: func(_ string, head []byte) bool { _, _, ok := layout(head); return ok },
	Open:      Open,
}

// PieceFormat is a transport stream that begins inside a packet. Other formats are looked for before it.
var PieceFormat = media.Format{
	Name:      formatName,
	Recognise: func(_ string, head []byte) bool { _, _, ok := layoutInside(head); return ok },
	Open:      Open,
}
