package core

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/source"
)

// newStandIn is newFed with a camera that is expected, at the moment of PUBLISHING. told returns the lines of the log that
// contain a text, without the time.
func newStandIn(t *testing.T, src *fakeSource) (f *fed, told func(text string) []string) {
	out := &coretest.Log{}
	f = newFed(t, slog.New(slog.NewTextHandler(out, nil)), src)
	f.SetCamera(CameraExpected)
	return f, func(text string) []string {
		var lines []string
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, text) {
				lines = append(lines, line[strings.Index(line, "level="):len(line)-1])
			}
		}
		return lines
	}
}

// The source never stands in for a camera that is silent; the user is told once.
func TestSourceWaitsForTheCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, told := newStandIn(t, fakeVideo(100, 25))
		f.Start()
		words, _ := f.after(5*time.Second - 1)
		require.Empty(t, words)
		require.Empty(t, told("camera"))
		words, _ = f.after(time.Hour)
		require.Empty(t, words)
		require.Equal(t, []string{`level=WARN msg="the camera was started and gives no frames" for=5s`}, told("camera"))
		f.Stop()
		f.Start()
		words, _ = f.after(time.Second)
		require.Empty(t, words)
		f.Stop()
	})
}

func TestSourceStandsInForACameraThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, told := newStandIn(t, fakeVideo(100, 25))
		f.Start()
		f.after(100 * time.Millisecond)
		f.SetCamera(CameraFailed)
		words, _ := f.after(0)
		require.Equal(t, []string{"M", "VH", "K"}, words)
		f.SetCamera(CameraFailed)
		require.Equal(t, []string{`level=WARN msg="the camera cannot be started; the source is sent instead" source="built-in clip"`}, told("camera"))
		require.Equal(t, []string{`level=INFO msg="on the air" source="built-in clip"`}, told("on the air"))
		f.Stop()
		words, _ = f.after(time.Second)
		require.Empty(t, words)
		f.Start()
		words, _ = f.after(0)
		require.Equal(t, []string{"P"}, words)
		f.Stop()
	})
}

func TestSourceGivesWayToTheCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(100, 25)
		f, told := newStandIn(t, src)
		f.Start()
		f.after(time.Second)
		require.NoError(t, f.SendVideo(keyFrame, 0, 0))
		words, _ := f.after(time.Minute)
		require.Equal(t, []string{"M", "VH", "K"}, words)
		require.Zero(t, src.at)
		require.True(t, src.closed)
		require.Equal(t, []string{`level=INFO msg="on the air" source=camera`}, told("on the air"))
		require.Empty(t, told("gives no frames"))

		// In the next connection it cannot be started, until it can in a third one.
		late := fakeVideo(100, 25)
		f.open = func(source.Spec) (source.Source, error) { return late, nil }
		f.reconnect()
		f.SetCamera(CameraFailed)
		words, _ = f.after(frameTime)
		require.Equal(t, []string{"M", "VH", "K", "P"}, words)
		f.SetCamera(CameraExpected)
		require.NoError(t, f.SendVideo(keyFrame, 5000, 0))
		require.NoError(t, f.SendVideo(picture, 5040, 0))
		words, _ = f.after(time.Minute)
		require.Equal(t, []string{"VH", "K", "P"}, words, "while the source feeds")
		require.True(t, late.closed)
		f.Stop()
	})
}

// What a camera pushes after Stop begins at a key frame: it may have been at work for others meanwhile.
func TestCameraAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := newStandIn(t, fakeVideo(100, 25))
		f.Start()
		require.NoError(t, f.SendVideo(keyFrame, 0, 0))
		require.NoError(t, f.SendVideo(picture, 40, 0))
		f.Stop()
		f.after(0)
		f.Start()
		require.NoError(t, f.SendVideo(picture, 1000, 0))
		require.NoError(t, f.SendVideo(keyFrame, 1040, 0))
		words, entries := f.after(time.Second)
		require.Equal(t, []string{"VH", "K"}, words)
		require.NotEmpty(t, entries)
		f.Stop()
	})
}

func TestCameraNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := newStandIn(t, nil)
		f.Start()
		require.NoError(t, f.SendVideo(keyFrame, 0, 0))
		f.after(time.Second)
		f.setSource(fakeVideo(50, 25))
		require.NoError(t, f.SendVideo(keyFrame, 1000, 0), "one more of the camera, which ends now")
		f.SetCamera(NoCamera)
		words, _ := f.after(100 * time.Millisecond)
		require.Contains(t, words, "VH")
		require.GreaterOrEqual(t, len(words), 3, "the source has taken over")
		require.NoError(t, f.SendVideo(keyFrame, 2000, 0))
		f.after(0)
		f.SetCamera(CameraExpected)
		f.SetCamera(NoCamera)
		words, _ = f.after(time.Minute)
		require.Empty(t, words, "now for good")
		f.Stop()
	})
}
