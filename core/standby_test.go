package core

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
)

const standIn = time.Second

// newStandIn is newFed with a source that stands in for a camera, at the moment of PUBLISHING.
func newStandIn(t *testing.T, src source.Source) *fed {
	f := newFed(t, src)
	f.session.mediaStart = time.Now()
	require.NoError(t, f.SetOption("source_delay", "1000"))
	return f
}

func (f *fed) publishAgain() {
	f.stopFeeder()
	f.reconnect()
	f.session.mediaStart = time.Now()
	f.startFeeder(f.session)
}

func TestStandInWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStandIn(t, fakeVideo(100, 25))
		f.Start()
		words, _ := f.after(standIn / 2)
		require.Empty(t, words)
		f.Stop()
		f.Start()
		words, _ = f.after(standIn/2 - 1)
		require.Empty(t, words)
		words, _ = f.after(1)
		require.Equal(t, []string{"M", "VH", "K"}, words, "counted from PUBLISHING, not from Start")
		f.Stop()
		words, _ = f.after(time.Second)
		require.Empty(t, words)
		f.Start()
		words, _ = f.after(0)
		require.Equal(t, []string{"P"}, words)
		f.Stop()
	})
}

func TestStandInIsHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStandIn(t, fakeVideo(100, 25))
		f.Start()
		f.after(100 * time.Millisecond)
		require.NoError(t, f.SetOption("source_delay", "200"))
		words, _ := f.after(100*time.Millisecond - 1)
		require.Empty(t, words)
		require.NoError(t, f.SetOption("source_delay", "0"))
		words, _ = f.after(0)
		require.Equal(t, []string{"M", "VH", "K"}, words)
		f.Stop()
	})
}

func TestStandInGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(100, 25)
		f := newStandIn(t, src)
		f.Start()
		f.after(standIn / 2)
		require.NoError(t, f.SendVideo(keyFrame, 0, 0))
		words, _ := f.after(time.Minute)
		require.Equal(t, []string{"M", "VH", "K"}, words, "before the source began")
		require.Zero(t, src.at)
		require.True(t, src.closed)

		late := fakeVideo(100, 25)
		f.mu.Lock()
		f.source = &playhead{Source: late}
		f.mu.Unlock()
		f.publishAgain()
		words, _ = f.after(standIn + frameTime)
		require.Equal(t, []string{"M", "VH", "K", "P"}, words, "a camera that is silent the next time")
		require.NoError(t, f.SendVideo(keyFrame, 5000, 0))
		require.NoError(t, f.SendVideo(picture, 5040, 0))
		words, _ = f.after(time.Minute)
		require.Equal(t, []string{"VH", "K", "P"}, words, "while the source feeds")
		require.True(t, late.closed)
		f.Stop()
	})
}

func TestStandInNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newStandIn(t, nil)
		f.source = nil
		f.Start()
		require.NoError(t, f.SendVideo(keyFrame, 0, 0))
		f.after(time.Second)
		require.NoError(t, f.replaceSource(&playhead{Source: fakeVideo(50, 25)}, source.Spec{Path: source.Clip}))
		require.NoError(t, f.SendVideo(keyFrame, 1000, 0), "one more of the camera, which ends now")
		require.NoError(t, f.SetOption("source_delay", "0"))
		words, _ := f.after(100 * time.Millisecond)
		require.Contains(t, words, "VH")
		require.GreaterOrEqual(t, len(words), 3, "the source has taken over")
		require.NoError(t, f.SendVideo(keyFrame, 2000, 0))
		f.after(0)
		require.NoError(t, f.SetOption("source_delay", "1000"))
		require.NoError(t, f.SetOption("source_delay", "0"))
		words, _ = f.after(time.Minute)
		require.Empty(t, words, "now for good")
		f.Stop()
	})
}
