package media

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// DefaultTolerance is the greatest difference of two frames' times: RTMP's timestamps are whole milliseconds.
const DefaultTolerance = time.Millisecond

// Options choose what Compare compares. The zero value compares all but the coded video.
type Options struct {
	// Tolerance of times; 0 means DefaultTolerance.
	Tolerance time.Duration

	// CodedVideo compares the video packets too: for sources whose packets travel unchanged (FLV and MP4, not Annex B).
	CodedVideo bool

	// CodedAudioOnly leaves decoded audio out: where the source's container hides the encoder's priming and FLV cannot (MP4
	// with an edit list), and where media was repeated, which changes the decoder's state at the joint.
	CodedAudioOnly bool

	// NoTimes leaves times out, for sources that have none.
	NoTimes bool

	// Prefix allows got to end early, for streams that were stopped. One frame at least must be there.
	Prefix bool

	// VideoOnly and AudioOnly leave the other track out.
	VideoOnly, AudioOnly bool
}

// Compare fails the test unless got has the frames of want: the same, in the same order, at the same times, none missing and
// none twice. Times are relative to the first video frame (of decoded and of coded frames alike), or without video to the
// first audio packet: so the distance of audio and video is compared as well.
func Compare(t testing.TB, want, got *Frames, opts Options) {
	t.Helper()

	if err := Diff(want, got, opts); err != nil {
		t.Fatalf("media: %s is not what %s is:\n%v", got.File, want.File, err)
	}
}

// Diff returns nil if got has the frames of want (see Compare), and otherwise what differs.
func Diff(want, got *Frames, opts Options) error {
	if opts.Tolerance == 0 {
		opts.Tolerance = DefaultTolerance
	}

	var errs []error
	check := func(name string, want, got []Frame) {
		if err := diffTrack(want, got, opts); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}

	want, got = want.relative(opts), got.relative(opts)

	if !opts.AudioOnly {
		check("video frames", want.Video.Decoded, got.Video.Decoded)
		if opts.CodedVideo {
			check("video packets", want.Video.Coded, got.Video.Coded)
		}
	}
	if !opts.VideoOnly {
		check("audio packets", want.Audio.Coded, got.Audio.Coded)
		if !opts.CodedAudioOnly {
			check("audio frames", want.Audio.Decoded, got.Audio.Decoded)
		}
	}

	if got.Complaints != "" {
		errs = append(errs, fmt.Errorf("ffmpeg complains: %s", firstLines(got.Complaints, 5)))
	}

	return errors.Join(errs...)
}

// relative returns f with its times counted from the origin that Compare names.
func (f *Frames) relative(opts Options) *Frames {
	var origin time.Duration
	switch {
	case !opts.AudioOnly && len(f.Video.Decoded) > 0:
		origin = f.Video.Decoded[0].PTS
	case len(f.Audio.Coded) > 0:
		origin = f.Audio.Coded[0].PTS
	}

	return f.Repeat(1, 0).shift(-origin)
}

func (f *Frames) shift(d time.Duration) *Frames {
	for _, frames := range [][]Frame{f.Video.Decoded, f.Video.Coded, f.Audio.Decoded, f.Audio.Coded} {
		for i := range frames {
			frames[i].PTS += d
		}
	}

	return f
}

func diffTrack(want, got []Frame, opts Options) error {
	if opts.Prefix && len(got) > 0 && len(got) < len(want) {
		want = want[:len(got)]
	}

	n := min(len(want), len(got))
	for i := range n {
		if want[i].MD5 != got[i].MD5 {
			return fmt.Errorf("%d, want %d; number %d is not the source's%s\n%s",
				len(got), len(want), i, guess(want, got, i), around(want, got, i))
		}

		d := got[i].PTS - want[i].PTS
		if !opts.NoTimes && d.Abs() > opts.Tolerance {
			return fmt.Errorf("%d, want %d; number %d is off by %v\n%s", len(got), len(want), i, d, around(want, got, i))
		}
	}

	switch {
	case len(got) > len(want):
		return fmt.Errorf("%d, want %d; the source ends before number %d\n%s", len(got), len(want), n, around(want, got, n))
	case len(got) < len(want):
		return fmt.Errorf("%d, want %d; number %d and all after it are missing\n%s",
			len(got), len(want), n, around(want, got, n))
	}

	return nil
}

// guess says what may have happened at the first frame that differs.
func guess(want, got []Frame, i int) string {
	for k := i + 1; k < len(want); k++ {
		if want[k].MD5 == got[i].MD5 {
			return fmt.Sprintf(": it is number %d, so %d are missing", k, k-i)
		}
	}
	for k := range i {
		if want[k].MD5 == got[i].MD5 {
			return fmt.Sprintf(": it is number %d again", k)
		}
	}

	return ": no frame of the source is like it"
}

// around shows both sides next to frame i.
func around(want, got []Frame, i int) string {
	show := func(frames []Frame, k int) string {
		if k >= len(frames) {
			return "-"
		}
		return fmt.Sprintf("%11.6f s %s", frames[k].PTS.Seconds(), frames[k].MD5)
	}

	var b strings.Builder
	for k := max(0, i-2); k < i+4 && k < max(len(want), len(got)); k++ {
		mark := " "
		if k == i {
			mark = ">"
		}
		fmt.Fprintf(&b, "  %s %5d  want %-46s got %s\n", mark, k, show(want, k), show(got, k))
	}

	return b.String()
}

func firstLines(s string, n int) string {
	lines := strings.SplitAfterN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "")
}
