package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
)

// The whole bench works: everything is measured, once and small, and every stream arrives as it was sent. How fast is not asserted.
func TestQuickRun(t *testing.T) {
	root := repo.Root(t)
	program := filepath.Join(t.TempDir(), "bench")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-tags", "netgo,osusergo", "-o", program, "./tests/bench")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	page, err := os.ReadFile(filepath.Join(root, "docs", "performance.md"))
	require.NoError(t, err)
	bench := exec.CommandContext(ctx, program, "-quick")
	bench.Dir = root
	tables, err := bench.Output()
	require.NoError(t, err, "%s", tables)
	text := string(tables)
	for _, title := range []string{"large pictures", "small pictures", "a real clip", "Paced", "RTMPS", "PUBLISHING", "Latency", "memory", "Loading", "Growth"} {
		require.Contains(t, text, title)
	}
	for _, p := range publishers() {
		require.Contains(t, text, "| "+p.name+" |")
	}
	require.NotContains(t, text, "NaN")

	after, err := os.ReadFile(filepath.Join(root, "docs", "performance.md"))
	require.NoError(t, err)
	require.Equal(t, string(page), string(after), "a quick run writes on the page")
}

func TestReplaceBetween(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(file, []byte("before\n"+pageBegin+"old\n"+pageEnd+"after\n"), 0o600))
	require.NoError(t, replaceBetween(file, "new"))
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "before\n"+pageBegin+"\nnew\n"+pageEnd+"after\n", string(page))

	require.NoError(t, os.WriteFile(file, []byte("no lines"), 0o600))
	require.Error(t, replaceBetween(file, "new"))
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 2}, 2}} {
		require.Equal(t, c.want, median(c.in))
	}
	require.Equal(t, 2.0, percentile([]int64{3000, 1000, 2000}, 50))
	require.Equal(t, 3.0, percentile([]int64{3000, 1000, 2000}, 100))
}
