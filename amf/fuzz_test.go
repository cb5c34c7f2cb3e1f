package amf

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzUnmarshal: no input makes Unmarshal panic, and what it accepts survives the
// way through Append bit by bit. Comparing encodings instead of values lets NaN
// be equal to itself.
func FuzzUnmarshal(f *testing.F) {
	for _, c := range cases {
		if len(c.wire) < 1000 {
			f.Add([]byte(c.wire))
		}
	}
	for _, c := range lenient {
		f.Add([]byte(c.wire))
	}
	for _, c := range malformed {
		f.Add([]byte(c.wire))
	}

	f.Fuzz(func(t *testing.T, input []byte) {
		values, err := Unmarshal(input)
		if err != nil {
			require.Nil(t, values)
			return
		}
		wire, err := Append(nil, values...)
		require.NoError(t, err)
		require.LessOrEqual(t, len(wire), len(input))

		again, err := Unmarshal(wire)
		require.NoError(t, err)
		require.Len(t, again, len(values))
		wireAgain, err := Append(nil, again...)
		require.NoError(t, err)
		require.True(t, bytes.Equal(wire, wireAgain), "% x\n% x", wire, wireAgain)
	})
}
