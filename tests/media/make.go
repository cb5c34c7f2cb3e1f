// Package media makes the media of the end-to-end tests with ffmpeg and compares recordings with their source frame by
// frame.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"luatrtmp/tests/internal/repo"
)

// commandTimeout bounds each run of ffmpeg and ffprobe. It is there to end a run that hangs: x265 takes
// seconds on a quiet machine, and more than a minute beside other work.
const commandTimeout = 5 * time.Minute

// Length is the length of the media made here.
const Length = 3 * time.Second

// picture25, picture30 and tone are ffmpeg's inputs: a moving test picture with a clock, of which no two frames are alike,
// and a tone.
var (
	picture25 = []string{"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=3"}
	picture30 = []string{"-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30:duration=3"}
	tone      = []string{"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=3"}
)

var (
	h264 = []string{"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "25", "-b:v", "300k"}
	aac  = []string{"-c:a", "aac", "-b:a", "64k", "-ac", "2"}
)

// Make returns the file that ffmpeg makes with these arguments and a name that ends in ext (".flv") after them. The file
// is kept in build/media under a name made of the arguments, and is made only when it is not there.
func Make(t testing.TB, ext string, args ...string) string {
	t.Helper()

	return makeWith(t, ext, args, func(path string) {
		all := join([]string{"-nostdin", "-hide_banner", "-loglevel", "error", "-y"}, args,
			[]string{"-fflags", "+bitexact", "-map_metadata", "-1", path})
		run(t, "ffmpeg", all...)
	})
}

// makeWith returns the file that a function makes, kept under a name made of what it is made of.
func makeWith(t testing.TB, ext string, of []string, write func(path string)) string {
	t.Helper()

	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	path := filepath.Join(repo.Build(t, "media"), hex.EncodeToString(sum[:8])+ext)
	makeOnce(t, path, write)

	return path
}

// makeOnce makes a file unless it is there. Several tests may be making the same one: each writes its own, and the first one
// is everybody's. It is never replaced: an encoder need not write the same twice, and who published one file must not find
// another in its place.
func makeOnce(t testing.TB, path string, write func(path string)) {
	t.Helper()

	if _, err := os.Stat(path); err == nil {
		return
	}

	tmp, err := os.CreateTemp(filepath.Dir(path), "*"+filepath.Ext(path))
	if err != nil {
		t.Fatalf("media: %v", err)
	}
	tmp.Close()
	defer os.Remove(tmp.Name())

	write(tmp.Name())

	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		t.Fatalf("media: %v", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatalf("media: %v", err)
	}
}

// FLV returns H.264 (no B-frames, 30 fps) and AAC in FLV, as the built-in clip is.
func FLV(t testing.TB) string {
	t.Helper()
	return Make(t, ".flv", join(picture30, tone, h264, []string{"-bf", "0"}, aac)...)
}

// MP4 returns H.264 with B-frames (25 fps) and AAC in MP4: with edit lists, because the first picture is shown later than it
// is decoded and because the AAC encoder's priming is not to be heard, and with its index at the end.
func MP4(t testing.TB) string {
	t.Helper()
	return Make(t, ".mp4", bFrames()...)
}

// FastStartMP4 returns the media of MP4 with the index in front.
func FastStartMP4(t testing.TB) string {
	t.Helper()
	return Make(t, ".mp4", append(bFrames(), "-movflags", "+faststart")...)
}

// FragmentedMP4 returns the media of MP4 in fragments, one for each key frame.
func FragmentedMP4(t testing.TB) string {
	t.Helper()
	return Make(t, ".mp4", append(bFrames(), "-movflags", "+frag_keyframe+empty_moov")...)
}

func bFrames() []string {
	return join(picture25, tone, h264, []string{"-bf", "3"}, aac)
}

// AnnexB returns an H.264 byte stream of 25 fps without B-frames: access unit delimiters, SEI, four slices a picture, start
// codes of three and of four bytes.
func AnnexB(t testing.TB) string {
	t.Helper()
	return Make(t, ".h264", join(picture25, h264, []string{"-bf", "0", "-x264-params", "slices=4:aud=1:pic-struct=1"})...)
}

// ADTS returns AAC in ADTS.
func ADTS(t testing.TB) string {
	t.Helper()
	return Make(t, ".aac", join(tone, aac)...)
}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}

	return all
}

// run runs a program of ffmpeg's and returns what it wrote to its standard output and error.
func run(t testing.TB, name string, args ...string) (stdout, stderr string) {
	t.Helper()

	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("media: %s is not installed, run ./build.sh setup", name)
	}

	ctx, cancel := context.WithTimeout(t.Context(), commandTimeout)
	defer cancel()

	var out, errs strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs

	if err := cmd.Run(); err != nil {
		t.Fatalf("media: %s %s: %v\n%s", name, strings.Join(args, " "), err, errs.String())
	}

	return out.String(), errs.String()
}
