package source

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Warnings of a file are bounded, and none comes twice.
func TestWarnings(t *testing.T) {
	var got []string
	in := memory(nil)
	in.warnf("nobody listens")
	in.warn = func(text string) { got = append(got, text) }
	for i := range 3 * maxWarnings {
		in.warnf("fault %d", i/2)
	}
	require.Len(t, got, maxWarnings)
	require.Equal(t, []string{"fault 0", "fault 1"}, got[:2])
}
