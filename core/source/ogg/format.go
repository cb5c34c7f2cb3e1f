package ogg

import (
	"luatrtmp/core/source/media"
)

// Format is Ogg, RFC 3533.
var Format = media.Format{Name: "Ogg", Recognise: media.Begins(magic), Open: Open}
