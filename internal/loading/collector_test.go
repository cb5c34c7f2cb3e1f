package loading

import (
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The library makes the collector run early, unless the environment says when.
func TestCollector(t *testing.T) {
	want := collectPercent
	if text := os.Getenv("GOGC"); text != "" {
		set, err := strconv.Atoi(text)
		require.NoError(t, err)
		want = set
	}
	found := debug.SetGCPercent(collectPercent)
	debug.SetGCPercent(found)
	require.Equal(t, want, found)
}

func TestCollectorAsTheEnvironmentSays(t *testing.T) {
	for _, gogc := range []string{"", "77"} {
		again := exec.Command(os.Args[0], "-test.run=^TestCollector$")
		again.Env = append(os.Environ(), "GOGC="+gogc)
		out, err := again.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "PASS")
	}
}
