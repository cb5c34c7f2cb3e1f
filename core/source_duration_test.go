package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
)

// What is known of a source that plays for ever has no duration.
func TestDurationOfASource(t *testing.T) {
	for spec, known := range map[string]bool{
		"source/testdata/bframes.mp4":        true,
		"source/testdata/bframes.mp4?loop=1": false,
		source.Clip:                          false,
	} {
		parsed, err := source.ParseSpec(spec)
		require.NoError(t, err)
		h, err := New(quietLog()).openSource(parsed)
		require.NoError(t, err)
		defer h.Close()
		require.Equal(t, known, expectationOf(h).Duration > 0, spec)
	}
}
