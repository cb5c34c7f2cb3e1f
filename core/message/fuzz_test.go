package message

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzUnmarshal decodes anything. What has been decoded can be encoded, and
// decodes to the same again.
func FuzzUnmarshal(f *testing.F) {
	for _, ca := range cases {
		f.Add(uint8(ca.typeID), ca.body)
	}

	f.Fuzz(func(t *testing.T, typeID uint8, body []byte) {
		m, err := Unmarshal(Type(typeID), body)
		if err != nil {
			require.ErrorIs(t, err, ErrBody)
			require.Nil(t, m)
			return
		}
		require.Equal(t, Type(typeID), m.Type())
		if command, ok := m.(*Command); ok {
			command.Info()
		}

		encoded, err := m.AppendBody(nil)
		require.NoError(t, err)
		again, err := Unmarshal(m.Type(), encoded)
		require.NoError(t, err)
		reencoded, err := again.AppendBody(nil)
		require.NoError(t, err)
		require.Equal(t, encoded, reencoded)
	})
}
