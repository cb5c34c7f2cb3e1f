package matroska

import (
	"bytes"
	"testing"

	"github.com/at-wat/ebml-go"
	"github.com/stretchr/testify/require"
)

// Why the library does not read elements of a file by itself: see docs/decisions. Should one of these fail, it has become better.
func TestWhatTheLibraryCannotRead(t *testing.T) {
	var tracks struct {
		Entry trackEntry `ebml:"TrackEntry"`
	}
	err := ebml.Unmarshal(bytes.NewReader(vp8Entry(el(0x52F1, []byte{1}))), &tracks)
	require.ErrorIs(t, err, ebml.ErrUnknownElement, "an element that is newer than the library")

	var private struct {
		B []byte `ebml:"CodecPrivate"`
	}
	require.Panics(t, func() { _ = ebml.Unmarshal(bytes.NewReader(sized(0x63A2, 1<<55)), &private) }, "memory as a length says")

	// The sum of the sizes passes 2^63.
	block := append([]byte{0x81, 0, 0, ebmlLacing << 1, 22}, bytes.Repeat([]byte{1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE}, 22)...)
	require.Panics(t, func() { _, _ = ebml.UnmarshalBlock(bytes.NewReader(block), int64(len(block))) }, "lacing")
	_, err = split(nil, ebmlLacing, block[4:])
	require.Error(t, err)
}
