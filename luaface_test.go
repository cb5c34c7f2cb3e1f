//go:build lua53

package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/luaface"
	"luatrtmp/tests/luahost"
)

// TestLuaFace runs the scripts of tests/lua/face in this process, where the race detector sees the library below them.
func TestLuaFace(t *testing.T) {
	servers := luaface.Start(t)
	for _, name := range luaface.Scripts {
		t.Run(name, func(t *testing.T) {
			report := filepath.Join(t.TempDir(), "report")
			script := luaface.Script(t, name)
			s := luahost.Open(t)
			require.NoError(t, s.Run(servers.Prologue(t, report, false)))
			require.NoError(t, s.RunFile(script))
			s.Close()
			luaface.Report(t, report)
		})
	}
}
