package core

import (
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/feeder"
	"luatrtmp/core/flv"
	"luatrtmp/core/mux"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/sendqueue"
	"luatrtmp/core/source"
)

// fakeSource plays units and then fails with err.
type fakeSource struct {
	units  []flv.AccessUnit
	err    error
	at     int
	closed bool
	info   source.Info
}

func (s *fakeSource) Info() source.Info { return s.info }
func (s *fakeSource) Close() error      { s.closed = true; return nil }

func (s *fakeSource) Back() error {
	for i := s.at - 1; i >= 0; i-- {
		if s.units[i].Kind == flv.Video && flv.IsKey(s.units[i].NALUs) {
			s.at = i
			break
		}
	}
	return nil
}

func (s *fakeSource) Next() (*flv.AccessUnit, error) {
	if s.at == len(s.units) {
		return nil, s.err
	}
	s.at++
	return &s.units[s.at-1], nil
}

const frameTime = 40 * time.Millisecond

// fakeVideo is video of 25 pictures a second with a key frame every gop pictures.
func fakeVideo(pictures, gop int) *fakeSource {
	s := &fakeSource{err: io.EOF, info: source.Info{Video: &flv.VideoInfo{}, Skipped: []string{"subtitles"}}}
	for i := range pictures {
		u := flv.AccessUnit{Kind: flv.Video, DTS: time.Duration(i) * frameTime, NALUs: [][]byte{inter}}
		if i%gop == 0 {
			u.NALUs = [][]byte{idr}
		}
		if i == 0 {
			u.Config = recordMain
		}
		u.PTS = u.DTS
		s.units = append(s.units, u)
	}
	return s
}

// fed is a Publisher that is publishing, as far as a feeder can tell.
type fed struct {
	*Publisher
	t     *testing.T
	w     *coretest.Output
	ended chan error // what the feeder says at the end of the source
}

// newFed returns one whose source is src; nil: it has not been opened yet.
func newFed(t *testing.T, log *slog.Logger, src *fakeSource) *fed {
	f := &fed{Publisher: New(log), t: t, ended: make(chan error, 9)}
	if src != nil {
		f.setSource(src)
	}
	f.reconnect()
	return f
}

// setSource sets a source in place of the built-in clip.
func (f *fed) setSource(src source.Source) {
	f.t.Helper()
	f.open = func(source.Spec) (source.Source, error) { return src, nil }
	require.NoError(f.t, f.SetSource("clip"))
}

// reconnect ends the stream and begins another one.
func (f *fed) reconnect() {
	noTime := make(chan struct{})
	close(noTime)
	f.feeder.Detach(noTime)
	f.w = reattach(f.Publisher)
	f.feeder.Attach(feeder.Stream{MaxLate: f.options.QueueMedia, Ended: func(err error) { f.ended <- err }})
	f.feeder.Begin()
}

// after lets time pass and returns what was sent meanwhile.
func (f *fed) after(d time.Duration) ([]string, []*sendqueue.Message) {
	f.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	return f.w.Sent(f.t)
}

func TestFeederPaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFed(t, quietLog(), fakeVideo(15_000, 25)) // ten minutes
		f.Start()
		f.Start()
		words, _ := f.after(0)
		require.Equal(t, []string{"M", "VH", "K"}, words)
		words, _ = f.after(frameTime - 1)
		require.Empty(t, words)
		words, all := f.after(1)
		require.Equal(t, []string{"P"}, words)
		require.EqualValues(t, 40, all[0].Header.Timestamp)
		words, all = f.after(10*time.Minute - 2*frameTime)
		require.Len(t, words, 15_000-2)
		require.EqualValues(t, 600_000-40, all[len(all)-1].Header.Timestamp)
		require.NoError(t, <-f.ended)
		f.Stop()
	})
}

// 29.97 pictures a second do not fit into milliseconds: after an hour the last one is still on time.
func TestFeederDoesNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pictures = 3600*30000/1001 + 1
		src := fakeVideo(pictures, 30)
		for i := range src.units {
			src.units[i].DTS = time.Duration(i) * 1001 * time.Second / 30000
			src.units[i].PTS = src.units[i].DTS
		}
		last := src.units[pictures-1].DTS
		f := newFed(t, quietLog(), src)
		f.Start()
		words, _ := f.after(last - 1)
		require.Len(t, words, pictures-1+2, "and two headers")
		_, all := f.after(1)
		require.Len(t, all, 1)
		require.EqualValues(t, last.Round(time.Millisecond).Milliseconds(), all[0].Header.Timestamp)
		require.NoError(t, <-f.ended)
		f.Stop()
	})
}

func TestFeederStopAndStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(100, 25)
		f := newFed(t, quietLog(), src)
		f.Start()
		words, _ := f.after(9*frameTime + 1)
		require.Len(t, words, 2+10)
		f.Stop()
		words, _ = f.after(10 * time.Second)
		require.Empty(t, words)
		f.Start()
		words, all := f.after(0)
		require.Equal(t, []string{"P"}, words, "the picture that waited when it was stopped is not lost")
		require.InDelta(t, 10_360, all[0].Header.Timestamp, 2, "at the time of now")
		f.after(time.Minute)
		s := f.counters.Snapshot()
		require.Zero(t, s.DroppedFrames)
		require.Equal(t, 100, src.at)
		f.Stop()
	})
}

// On another connection a file goes on from the last key frame before the place that it had reached.
func TestFeederGoesOnFromAKeyFrame(t *testing.T) {
	const gop = 25
	for _, c := range []struct {
		name         string
		reached, key int // pictures
	}{
		{"in the first GOP", 10, 0},
		{"at a key frame", gop, gop},
		{"in the second GOP", gop + 15, gop},
		{"at the end of the third", 3*gop - 2, 2 * gop},
		{"before a key frame that was read and not sent", 3*gop - 1, 3 * gop},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := fakeVideo(4*gop, gop)
				f := newFed(t, quietLog(), src)
				f.Start()
				words, _ := f.after(time.Duration(c.reached)*frameTime + 1)
				require.Len(t, words, 2+c.reached+1)
				f.reconnect()
				words, all := f.after(0)
				require.Equal(t, []string{"M", "VH", "K"}, words)
				require.Zero(t, all[2].Header.Timestamp)
				words, _ = f.after(time.Minute)
				require.Len(t, words, 4*gop-c.key-1)
				f.Stop()
			})
		})
	}
}

// A file that had not reached a key frame yet goes on to the next one, and audio that is passed over leaves its configuration.
func TestFeederGoesOnToAKeyFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(100, 25)
		src.units[0].NALUs = [][]byte{inter}
		audio := flv.AccessUnit{Kind: flv.Audio, DTS: 12 * frameTime, Data: []byte{0x21}, Config: ascStereo}
		more := flv.AccessUnit{Kind: flv.Audio, DTS: 26 * frameTime, Data: []byte{0x21}}
		src.units = append(append(append(append([]flv.AccessUnit{}, src.units[:12]...), audio), src.units[12:27]...), append([]flv.AccessUnit{more}, src.units[27:]...)...)
		f := newFed(t, quietLog(), src)
		f.Start()
		f.after(10*frameTime + 1)
		f.reconnect()
		words, all := f.after(frameTime)
		require.Equal(t, []string{"M", "VH", "AH", "K", "P", "A"}, words)
		require.Zero(t, all[2].Header.Timestamp)
		f.Stop()
	})
}

func TestFeederLeavesOutWhatIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(20, 5)
		for i := 1; i < 10; i++ {
			src.units[i].PTS = time.Hour * 24
		}
		src.err = source.ErrTruncated
		f := newFed(t, quietLog(), src)
		f.Start()
		words, _ := f.after(time.Second)
		require.Equal(t, []string{"M", "VH", "K", "K", "P", "P", "P", "P", "K", "P", "P", "P", "P"}, words)
		require.ErrorIs(t, <-f.ended, source.ErrTruncated)
		require.True(t, src.closed)
		f.Stop()
	})
}

func TestFeederOnABrokenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := fakeVideo(20, 5)
		f := newFed(t, quietLog(), src)
		f.w.Fail(rtmperr.New(rtmperr.ErrNetwork, "broken"))
		f.Start()
		f.after(time.Second)
		require.Equal(t, 1, src.at, "it waits for the session to end")
		f.Stop()
		require.False(t, src.closed)
	})
}

func TestFeederPushesSwitchItOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFed(t, quietLog(), fakeVideo(100, 25))
		f.Start()
		f.after(frameTime)
		require.ErrorIs(t, f.SendAAC(nil, nil, 0), rtmperr.ErrInvalid)
		f.Start()
		words, _ := f.after(time.Second)
		require.Empty(t, words, "for good, and from the first push on, even a bad one")
		require.NoError(t, f.SendVideo(keyFrame, 0, 0))
		words, _ = f.after(0)
		require.Equal(t, []string{"VH", "K"}, words)
		require.NoError(t, f.SetSource("clip"))
		words, _ = f.after(time.Second)
		require.Empty(t, words)
		f.Close()
	})
}

func TestFeederSourceThatCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFed(t, quietLog(), nil)
		f.open = func(source.Spec) (source.Source, error) { return source.Open(source.Spec{Path: "/does/not/exist.flv"}) }
		f.Start()
		f.after(0)
		require.ErrorContains(t, <-f.ended, "/does/not/exist.flv")
		require.NoError(t, f.SetSource("none"))
		f.reconnect()
		words, _ := f.after(time.Minute)
		require.Empty(t, words)
		require.Empty(t, f.ended)
	})
}

// reattach attaches a Publisher's muxer to an output that keeps what it is sent.
func reattach(p *Publisher) *coretest.Output {
	o := coretest.NewLargeOutput(p.counters.Dropped)
	p.muxer.Attach(mux.Destination{Out: o, StreamID: coretest.StreamID})
	return o
}
