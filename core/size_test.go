package core

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// What each context has of these is most of what one occupies that sends nothing. Go's allocator has sizes: one field more than fits
// costs up to an eighth. Of what is larger than 512 bytes 8 are the allocator's.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		of   any
		most uintptr
	}{
		{Publisher{}, 768 - 8},
		{session{}, 352},
		{connection{}, 176},
		{reader{}, 128},
		{dialogue{}, 64},
		{target{}, 128},
		{cancellation{}, 48},
	} {
		kind := reflect.TypeOf(c.of)
		require.LessOrEqual(t, kind.Size(), c.most, kind.Name())
	}
}
