package source

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOpenWhatIsNoFile(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o600))
	for _, path := range []string{fifo, "/dev/null"} {
		_, err := Open(Spec{Path: path})
		require.ErrorIs(t, err, ErrBadSpec, path)
		require.ErrorContains(t, err, "no regular file", path)
	}
}
