package e2e_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"luatrtmp/tests/media"
)

// medium is something to publish.
type medium struct {
	name  string
	start func(t testing.TB, url string) *script
	want  func(t testing.TB) *media.Frames
	opts  media.Options

	// Of media that does not end by itself: the time that must have arrived, and how many of the last pictures cannot be
	// compared, because those before which they are shown have not come.
	least time.Duration
	open  int
}

// file is a file that is published to its end.
func file(name string, path func(testing.TB) string, opts media.Options) medium {
	return medium{
		name:  name,
		start: func(t testing.TB, url string) *script { return start(t, "publish.lua", url, "source="+path(t)) },
		want:  func(t testing.TB) *media.Frames { return frames(t, path(t)) },
		opts:  opts,
	}
}

// clip is the built-in clip for some seconds.
func clip(seconds float64) medium {
	return medium{
		name: fmt.Sprintf("clip, %g s", seconds),
		start: func(t testing.TB, url string) *script {
			return start(t, "publish.lua", url, "seconds="+strconv.FormatFloat(seconds, 'g', -1, 64))
		},
		want:  clipFrames,
		opts:  media.Options{Prefix: true, CodedAudioOnly: true},
		least: time.Duration(seconds*1000-500) * time.Millisecond,
	}
}

// pushedFrom is what push.lua sends, with the first decode time at origin.
func pushedFrom(name string, origin int64) medium {
	return medium{
		name: name,
		start: func(t testing.TB, url string) *script {
			return start(t, "push.lua", url, pushFile(t, bFramesFLV(t)), strconv.FormatInt(origin, 10))
		},
		want: func(t testing.TB) *media.Frames { return frames(t, bFramesFLV(t)) },
		opts: media.Options{CodedVideo: true},
	}
}

var (
	flv        = file("FLV", media.FLV, media.Options{CodedVideo: true})
	mp4        = file("MP4, B-frames", media.MP4, media.Options{CodedVideo: true, CodedAudioOnly: true})
	fastStart  = file("MP4, fast start", media.FastStartMP4, media.Options{CodedVideo: true, CodedAudioOnly: true})
	fragmented = file("MP4, fragmented", media.FragmentedMP4, media.Options{CodedVideo: true})
	pushed     = pushedFrom("pushed, B-frames", 0)
	wrapped    = pushedFrom("pushed, timestamps wrap", 1<<32-1000)

	annexB = medium{
		name:  "Annex B, 4 slices",
		start: func(t testing.TB, url string) *script { return start(t, "publish.lua", url, "source="+media.AnnexB(t)) },
		want:  annexBFrames,
		opts:  media.Options{VideoOnly: true},
	}

	// Each round begins where the longest track of the one before ended: here the audio. It ends, as the file says,
	// media.Length after the first picture is shown, which is 80 ms after that is decoded.
	looped = medium{
		name: "MP4, looped",
		start: func(t testing.TB, url string) *script {
			return start(t, "publish.lua", url, "seconds=5", "source="+media.MP4(t)+"?loop=1")
		},
		want: func(t testing.TB) *media.Frames {
			return frames(t, media.MP4(t)).Repeat(2, 80*time.Millisecond+media.Length)
		},
		opts:  media.Options{Prefix: true, CodedVideo: true, CodedAudioOnly: true},
		least: 4500 * time.Millisecond,
		open:  3,
	}

	adts = medium{
		name:  "AAC alone",
		start: func(t testing.TB, url string) *script { return start(t, "publish.lua", url, "source="+media.ADTS(t)) },
		want:  func(t testing.TB) *media.Frames { return frames(t, rawADTS(t)) },
		opts:  media.Options{AudioOnly: true},
	}

	camera = medium{
		name: "pushed by camera.lua",
		start: func(t testing.TB, url string) *script {
			return start(t, "camera.lua", url, media.AnnexB(t), media.ADTS(t))
		},
		want: cameraFrames,
	}
)
