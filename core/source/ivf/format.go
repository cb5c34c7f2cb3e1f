package ivf

import (
	"luatrtmp/core/source/media"
)

// Format is IVF, the container of libvpx and libaom.
var Format = media.Format{Name: "IVF", Recognise: media.Begins(magic), Open: Open}
