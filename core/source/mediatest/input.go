package mediatest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Memory returns bytes as the file to be read.
func Memory(b []byte) *media.Input {
	return &media.Input{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
}

// Drain opens and reads what the fuzzer made, at most so many units, twice.
func Drain(t *testing.T, b []byte, open func(*media.Input) (media.Reader, error)) {
	m, err := open(Memory(b))
	if err != nil {
		return
	}
	for range 2 {
		last := map[flv.Kind]bool{}
		for range 1000 {
			u, err := m.Next()
			if err != nil {
				break
			}
			if !last[u.Kind] && hasConfig(u.Codec) {
				require.NotNil(t, u.Config)
			}
			last[u.Kind] = true
		}
		m.End()
		require.NoError(t, m.Rewind())
	}
}

// DrainAll reads what the fuzzer made to its end: no reader makes more of a file than is in it.
func DrainAll(t *testing.T, b []byte, open func(*media.Input) (media.Reader, error)) {
	m, err := open(Memory(b))
	if err != nil {
		return
	}
	units, size := 0, 0
	for {
		u, err := m.Next()
		if err != nil {
			break
		}
		c := copyUnit(u)
		units++
		size += c.Size - 4*c.NALUs
		require.LessOrEqual(t, units, len(b))
		require.LessOrEqual(t, size, len(b))
	}
	require.GreaterOrEqual(t, m.End(), time.Duration(0))
	require.NoError(t, m.Close())
}

// File returns a file of core/source/testdata, for tests of core/source and of the packages below it.
func File(t testing.TB, name string) []byte {
	b, err := os.ReadFile(Path(name))
	require.NoError(t, err)
	return b
}

// Path returns the path of a file of core/source/testdata.
func Path(name string) string {
	path := filepath.Join("testdata", name)
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join("..", path)
	}
	return path
}
