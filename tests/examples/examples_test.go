// Package examples_test runs every program of examples/ as its first lines say, against a receiver.
package examples_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

const runTimeout = time.Minute

// run runs a program in the top folder and returns all it prints.
func run(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	root := repo.Root(t)
	_, err := os.ReadFile(filepath.Join(root, "build", "rtmp.so")) // read, so that go test runs again when it has changed
	require.NoError(t, err, "run ./build.sh")

	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = root
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// camera returns video without B-frames, as examples/push.lua wants it.
func camera(t *testing.T) string {
	t.Helper()
	return media.Make(t, ".h264", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-t", "2",
		"-c:v", "libx264", "-bf", "0", "-g", "25", "-pix_fmt", "yuv420p")
}

func TestExamples(t *testing.T) {
	t.Parallel()
	receiver := peers.StartReceiver(t)
	program := filepath.Join(t.TempDir(), "publish")
	out, err := run(t, nil, "gcc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-Iinclude", "examples/publish.c",
		"build/rtmp.so", "-Wl,-rpath,"+filepath.Join(repo.Root(t), "build"), "-o", program)
	require.NoError(t, err, out)

	for _, ca := range []struct {
		name string
		args func(url string) (env, args []string)
		says string
		want string // the file whose pictures must arrive; "" for the clip
	}{
		{
			"sample", func(url string) ([]string, []string) {
				return []string{"RTMP_URL=" + url, "RTMP_SECONDS=2"}, []string{"./luat", "examples/sample.lua"}
			}, "STATE_PUBLISHING", "",
		},
		{
			"file", func(url string) ([]string, []string) {
				return nil, []string{"./luat", "examples/file.lua", media.MP4(t), url}
			}, "publishing", media.MP4(t),
		},
		{
			"push", func(url string) ([]string, []string) {
				return nil, []string{"./luat", "examples/push.lua", camera(t), url, "25"}
			}, "50 of", camera(t),
		},
		{
			"publish", func(url string) ([]string, []string) {
				return nil, []string{program, url, "2"}
			}, "3 -> 4", "",
		},
		{
			"publish-file", func(url string) ([]string, []string) {
				return nil, []string{program, url, "30", media.MP4(t)}
			}, "5 -> 6", media.MP4(t),
		},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			server := receiver.For(t)
			env, args := ca.args(server.URL("live", ca.name))
			out, err := run(t, env, args[0], args[1:]...)
			require.NoError(t, err, out)
			require.Contains(t, out, ca.says)

			want := filepath.Join(repo.Root(t), "core", "source", "clip.flv")
			if ca.want != "" {
				want = ca.want
			}
			opts := media.Options{Prefix: ca.want == "", CodedVideo: ca.want == media.MP4(t), CodedAudioOnly: true, VideoOnly: ca.name == "push"}
			media.Compare(t, media.FrameMD5(t, want), media.FrameMD5(t, server.Recording(ca.name)), opts)
		})
	}
}

// What goes wrong is told, and is the program's status.
func TestExamplesFail(t *testing.T) {
	t.Parallel()
	const nobody = "rtmp://127.0.0.1:1/live/stream"
	for _, ca := range []struct {
		name string
		env  []string
		args []string
		says string
	}{
		{"sample, nobody listens", []string{"RTMP_URL=" + nobody, "RTMP_SECONDS=0.1"}, []string{"sample.lua"}, "refused"},
		{"sample, no URL", []string{"RTMP_URL=nonsense"}, []string{"sample.lua"}, "rtmp://"},
		{"file, no arguments", nil, []string{"file.lua"}, "usage"},
		{"file, no file", nil, []string{"file.lua", "/nowhere.mp4", nobody}, "/nowhere.mp4"},
		{"file, nobody listens", nil, []string{"file.lua", media.MP4(t), nobody}, "refused"},
		{"push, no arguments", nil, []string{"push.lua"}, "usage"},
		{"push, nobody listens", nil, []string{"push.lua", camera(t), nobody}, "refused"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, ca.env, "./luat", append([]string{"examples/" + ca.args[0]}, ca.args[1:]...)...)
			require.Error(t, err, out)
			require.Contains(t, out, ca.says)
		})
	}
}
