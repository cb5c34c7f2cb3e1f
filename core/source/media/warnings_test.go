package media

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Warnings of a file are bounded, and none comes twice.
func TestWarnings(t *testing.T) {
	var got []string
	in := &Input{}
	in.Warnf("nobody listens")
	in.Warn = func(text string) { got = append(got, text) }
	for i := range 3 * maxWarnings {
		in.Warnf("fault %d", i/2)
	}
	require.Len(t, got, maxWarnings)
	require.Equal(t, []string{"fault 0", "fault 1"}, got[:2])
}
