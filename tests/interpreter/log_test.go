package interpreter_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The last line that a script provokes is written though the script ends at once, and says which context it is about.
func TestLastLineOfLog(t *testing.T) {
	t.Parallel()
	for _, a := range abis {
		t.Run(a.lua, func(t *testing.T) {
			t.Parallel()
			env := []string{"LUA_CPATH=" + module(t, a.abi) + "/?.so", "RTMP_SOURCE=/nowhere/video.mp4", "RTMP_LOG=warn"}
			_, stderr, code := run(t, env, a.lua, "-e", `assert(not require("rtmp").create("rtmp://127.0.0.1/live/secret", {name = "camera 1"}))`)
			require.Zero(t, code, stderr)
			require.Regexp(t, `^time=\S+ level=WARN msg="the source that RTMP_SOURCE names cannot be used" lib=rtmp stream="camera 1" why=.*video.mp4.*\n$`, stderr)
			require.NotContains(t, stderr, "secret")
		})
	}
}
