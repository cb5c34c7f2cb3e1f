package luatoshost_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/hosts"
	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

var (
	busScripts    = []string{"states", "reconnect", "shapes", "destroyed", "unreferenced", "log"}
	cameraScripts = []string{"camera", "camera_fails", "camera_order", "camera_several", "camera_stop", "camera_types"}
)

func runAll(t *testing.T, s setup, scripts []string) {
	t.Helper()
	for _, script := range scripts {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			s.run(t, script)
		})
	}
}

func TestMessageBus(t *testing.T) {
	t.Parallel()
	plain := host(t, built(t))
	s := setup{server: peers.StartReceiver(t), command: []string{plain}, name: "bus"}
	t.Run("all", func(t *testing.T) {
		runAll(t, s, busScripts)
		t.Run("full", func(t *testing.T) {
			t.Parallel()
			s := s
			s.command = []string{plain, "-q", "2"}
			s.run(t, "full")
		})
		t.Run("raises", func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := s.try(t, "raises", "raises")
			require.Equal(t, 3, code, "the host ends as it does for any error of its loop")
			require.Equal(t, "before\n", stdout)
			require.Regexp(t, `(?s)panic: .*callback of state 6\nstack traceback:\n.*raises\.lua:\d+: in function <`, stderr)
		})
	})
}

func TestMessageBusWithNginx(t *testing.T) {
	t.Parallel()
	s := setup{server: peers.StartNginx(t), command: []string{host(t, built(t))}, name: "bus"}
	t.Run("all", func(t *testing.T) { runAll(t, s, []string{"states", "reconnect", "shapes"}) })
}

// The host opens the module in luat_custom_init.
func TestCustomInit(t *testing.T) {
	t.Parallel()
	s := setup{server: peers.StartReceiver(t), command: []string{host(t, built(t), "-DCUSTOM_INIT")}, name: "custom"}
	s.run(t, "states")
}

// The module is linked in statically.
func TestArchive(t *testing.T) {
	t.Parallel()
	archive := library(t, "librtmp_luat.a", "-O2", "-buildmode=c-archive")
	s := setup{server: peers.StartReceiver(t), command: []string{host(t, archive, "-DCAMERA")}, name: "archive"}
	t.Run("all", func(t *testing.T) { runAll(t, s, []string{"states", "shapes", "camera"}) })
}

// The same in a 32-bit process, as LuatOS's own build for Linux is one, with the archive that ./build.sh makes.
func TestArchive386(t *testing.T) {
	t.Parallel()
	archive := hosts.Arch386.Archive(t)
	s := setup{server: peers.StartReceiver(t), command: []string{host(t, archive, "-DCAMERA", "-m32")}, name: "archive386"}
	t.Run("all", func(t *testing.T) { runAll(t, s, []string{"states", "shapes", "camera"}) })
}

func TestCamera(t *testing.T) {
	t.Parallel()
	s := setup{server: peers.StartReceiver(t), command: []string{host(t, built(t), "-DCAMERA")}, name: "camera"}
	t.Run("all", func(t *testing.T) {
		runAll(t, s, append(busScripts, cameraScripts[1:]...))
		t.Run("camera", func(t *testing.T) {
			t.Parallel()
			stream := s.run(t, "camera")
			recording := s.server.For(t).Recording(stream)
			media.Compare(t, media.FrameMD5(t, media.AnnexB(t)), media.FrameMD5(t, recording), media.Options{NoTimes: true})
		})
		t.Run("what is on the air", func(t *testing.T) {
			t.Parallel()
			s := s
			s.env = []string{"RTMP_LOG=info"}
			stdout, stderr, code := s.try(t, "camera_fails", "onair")
			require.Zero(t, code, "%s%s", stdout, stderr)
			var got []string
			for line := range strings.Lines(stdout) {
				if strings.Contains(line, ": the camera cannot be started") {
					got = append(got, "camera fails")
				} else if strings.Contains(line, ": on the air ") {
					got = append(got, strings.Trim(line[strings.Index(line, "source="):], "\n"))
				}
			}
			clip := `source="built-in clip"`
			require.Equal(t, []string{"camera fails", clip, "camera fails", clip, "source=camera", "source=camera"}, got, stdout)
		})
		t.Run("camera_environment", func(t *testing.T) {
			t.Parallel()
			s := s
			s.env = []string{"RTMP_SOURCE=clip"}
			s.run(t, "camera_environment")
		})
	})
}

// LuatOS's own binding needs the variable g_rtmp_ctx, which the loader copies into the program where the program is not
// position-independent, and has a luaopen_rtmp of its own, which must not collide with the one in an archive.
func TestBindingOfLuatOS(t *testing.T) {
	t.Parallel()
	archive := library(t, "librtmp_luat.a", "-O2", "-buildmode=c-archive")
	for name, program := range map[string]string{
		"shared":          bindingHost(t, built(t)),
		"shared, no PIE":  bindingHost(t, built(t), "-fno-pie", "-no-pie"),
		"shared, PIC":     bindingHost(t, built(t), "-fPIC"),
		"static":          bindingHost(t, archive),
		"static, exports": bindingHost(t, archive, "-rdynamic"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup{server: peers.StartReceiver(t), command: []string{program}, name: "binding"}
			s.run(t, "binding")
		})
	}
}

// TestUnderAddressSanitizer: the C files of the library and the host's.
func TestUnderAddressSanitizer(t *testing.T) {
	t.Parallel()
	sanitized := host(t, library(t, "rtmp.so", "-g -O1", "-buildmode=c-shared", "-asan"), "-DCAMERA", "-fsanitize=address", "-O1")
	s := setup{server: peers.StartReceiver(t), command: []string{sanitized}, name: "asan"}
	t.Run("all", func(t *testing.T) {
		runAll(t, s, append(busScripts, cameraScripts...))
		t.Run("full", func(t *testing.T) {
			t.Parallel()
			s := s
			s.command = []string{sanitized, "-q", "2"}
			s.run(t, "full")
		})
	})
}

func TestUnderValgrind(t *testing.T) {
	t.Parallel()
	plain := host(t, library(t, "rtmp.so", "-g -O0", "-buildmode=c-shared", "-ldflags=-w"), "-DCAMERA")
	s := setup{server: peers.StartReceiver(t), name: "valgrind", command: []string{
		"valgrind", "-q", "--error-exitcode=9", "--suppressions=" + filepath.Join(repo.Root(t), "tests/testdata/valgrind.supp"),
		"--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", plain,
	}}
	t.Run("all", func(t *testing.T) { runAll(t, s, []string{"destroyed", "camera"}) })
}
