package source

import (
	"bytes"
	_ "embed"
)

// clipFLV is made by clip.sh. Both of its tracks are exactly 3.84 s long.
//
//go:embed clip.flv
var clipFLV []byte

func clipInput() *input {
	return &input{ReaderAt: bytes.NewReader(clipFLV), size: int64(len(clipFLV))}
}
