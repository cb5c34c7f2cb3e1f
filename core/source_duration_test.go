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
		p := New(quietLog())
		defer p.Close()
		require.NoError(t, p.SetSource(spec))
		media, _ := p.feeder.Media()
		require.Equal(t, known, expectationOf(media).Duration > 0, spec)
	}
}
