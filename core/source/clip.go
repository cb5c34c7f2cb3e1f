package source

import (
	"bytes"
	_ "embed"

	"luatrtmp/core/source/media"
)

// clipFLV is made by clip.sh. Both of its tracks are exactly 3.84 s long.
//
//go:embed clip.flv
var clipFLV []byte

func clipInput() *media.Input {
	return &media.Input{ReaderAt: bytes.NewReader(clipFLV), Size: int64(len(clipFLV))}
}
