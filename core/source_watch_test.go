package core

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// A source of which nothing can be sent for 5 s is reported once, with the reason, and again when it changes.
func TestNothingOfASourceCanBeSent(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(u *flv.AccessUnit)
		reason string
	}{
		{"no key frame", func(u *flv.AccessUnit) { u.NALUs = [][]byte{inter} }, "no key frame has come"},
		{"no parameter sets", func(u *flv.AccessUnit) { u.Config, u.NALUs = nil, [][]byte{idr} }, "key frame without SPS and PPS"},
		{"no frames", func(u *flv.AccessUnit) { u.NALUs = [][]byte{{9, 0xF0}} }, "its access units hold no frame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const bad = 10 * 25 // 10 s, then good media
				src := fakeVideo(2*bad, 25)
				for i := range bad {
					c.spoil(&src.units[i])
				}
				src.units[bad].Config = recordMain
				log := &record{}
				f := newFed(t, slog.New(log), src)
				f.Start()
				f.after(5*time.Second - time.Second)
				require.Empty(t, f.SourceError())
				f.after(2 * time.Second)
				require.Contains(t, f.SourceError(), c.reason)
				f.after(3 * time.Second)
				require.Equal(t, 1, log.count("nothing of the source can be sent"))
				f.after(3 * time.Second)
				require.Empty(t, f.SourceError())
				require.Equal(t, 1, log.count("the source is sent again"))
				f.Stop()
			})
		})
	}
}

// A source of frames that are far apart is no silent one.
func TestSlowSourceIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(10, 25)
		for i := range src.units {
			u := &src.units[i]
			u.DTS = time.Duration(i) * 20 * time.Second
			u.PTS = u.DTS
		}
		f := newFed(t, quietLog(), src)
		f.Start()
		f.after(70 * time.Second)
		require.Empty(t, f.SourceError())
		f.Stop()
	})
}

// A source that fails says why until another one is set.
func TestSourceErrorOfASourceThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(5, 25)
		src.err = errors.New("the disk is gone")
		f := newFed(t, quietLog(), src)
		f.Start()
		f.after(time.Second)
		require.Contains(t, f.SourceError(), "the disk is gone")
		require.NoError(t, f.SetSource("none"))
		require.Empty(t, f.SourceError())
	})
}

// count returns how many lines have a text.
func (r *record) count(text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		if strings.Contains(l, text) {
			n++
		}
	}
	return n
}
