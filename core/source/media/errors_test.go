package media

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The error names what is in a file, but not all of a million tracks.
func TestNothingToSend(t *testing.T) {
	require.EqualError(t, NothingToSend([]string{"track 1: subtitles"}, ErrUnsupported),
		"nothing can be sent: track 1: subtitles: not supported by this version; "+VideoAdvice)
	var names []string
	for i := range 1_000_000 {
		names = append(names, fmt.Sprintf("track %d: subtitles", i))
	}
	err := NothingToSend(names, ErrUnsupported)
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "; 999980 more: ")
	require.Less(t, len(err.Error()), 700)
}
