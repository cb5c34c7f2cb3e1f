package matroska

import "luatrtmp/core/source/media"

// Format is Matroska and WebM. All files on EBML begin alike; Open refuses those that are neither.
var Format = media.Format{Name: "Matroska", Recognise: media.Begins("\x1A\x45\xDF\xA3"), Open: Open}
