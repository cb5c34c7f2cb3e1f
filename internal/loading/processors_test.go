package loading

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProcessors(t *testing.T) {
	for _, c := range []struct {
		chosen      int
		environment string
		want        int
	}{
		{1, "", 2},
		{1, "1", 0}, // the user's wish
		{2, "", 0},
		{64, "", 0},
		{64, "64", 0},
	} {
		require.Equal(t, c.want, processors(c.chosen, c.environment), "%+v", c)
	}
}
