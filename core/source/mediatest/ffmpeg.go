package mediatest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Encode returns what ffmpeg makes of a test picture of 25 frames per second.
func Encode(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append(strings.Fields("-v error -nostdin -y -f lavfi -i testsrc2=size=160x96:rate=25:duration=2 -pix_fmt yuv420p"), args...)
	Run(t, "ffmpeg", append(args, path)...)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// Run runs a program, and returns what it writes to its standard output.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", name, complaints.String())
	return string(out)
}
