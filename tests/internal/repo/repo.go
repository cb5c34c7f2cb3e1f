// Package repo finds the places of the source tree that the end-to-end tests share.
package repo

import (
	"os"
	"path/filepath"
	"testing"
)

// Root returns the top folder of the source tree: the nearest folder above the test's own that holds go.mod.
func Root(t testing.TB) string {
	t.Helper()

	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("repo: %v", err)
	}

	for {
		if _, err = os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}

		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("repo: no go.mod above the test's folder")
		}

		dir = parent
	}
}

// Build returns the folder build/NAME of the source tree, which git ignores, and makes it when it is not there.
func Build(t testing.TB, name string) string {
	t.Helper()

	dir := filepath.Join(Root(t), "build", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("repo: %v", err)
	}

	return dir
}
