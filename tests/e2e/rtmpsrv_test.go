package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

// rtmpsrv, of the family of librtmp, takes the handshake and understands connect, with all that it says of Enhanced RTMP. It
// knows no publish, and it does not obey Set Chunk Size: so chunks are of 128 bytes here.
func TestRtmpsrv(t *testing.T) {
	t.Parallel()
	library(t)

	log := filepath.Join(t.TempDir(), "rtmpsrv.log")
	scripts := filepath.Join(repo.Root(t), "tests", "e2e", "testdata")
	cmd := exec.CommandContext(t.Context(), filepath.Join(repo.Root(t), "tests", "peers", "rtmpsrv.sh"), log,
		filepath.Join(repo.Root(t), "luat"), filepath.Join(scripts, "publish.lua"), "rtmp://127.0.0.1/live/x", "chunk_size=128", "timeout=1000")
	cmd.Env = append(os.Environ(), "LUA=lua5.3", "LUA_PATH_5_3="+filepath.Join(scripts, "?.lua")+";;")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "no answer to publish within 1s", "%s", out)

	text, err := os.ReadFile(log)
	require.NoError(t, err)
	understood := string(text)
	for _, part := range []string{
		"Handshaking finished", "client invoking <connect>", "<Name:                app, STRING:	live>", "client invoking <createStream>",
		"client invoking <publish>",
	} {
		require.Contains(t, understood, part)
	}
	for line := range strings.Lines(understood) {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "WARNING") {
			require.Contains(t, line, "failed to read RTMP packet header", "other than the end of the connection")
		}
	}
}
