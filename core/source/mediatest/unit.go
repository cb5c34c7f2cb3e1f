package mediatest

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
)

// Times shows the decode and presentation times of units.
func Times(units []Unit) (s string) {
	for _, u := range units {
		s += fmt.Sprintf("%v/%v ", u.DTS, u.PTS)
	}
	return s
}

// Unit is a copy of an access unit, which is valid until the next one only.
type Unit struct {
	Kind     flv.Kind
	Codec    flv.Codec
	DTS, PTS time.Duration
	Size     int // with lengths of 4 bytes
	NALUs    int
	Pictures int // bytes of the slices
	Config   []byte
}

func copyUnit(u *flv.AccessUnit) Unit {
	c := Unit{Kind: u.Kind, Codec: u.Codec, Pictures: pictureBytes(u), DTS: u.DTS, PTS: u.PTS, Size: len(u.Data), NALUs: len(u.NALUs), Config: u.Config}
	for _, nalu := range u.NALUs {
		c.Size += 4 + len(nalu)
	}
	return c
}

// hasConfig reports whether tracks of a codec begin with a configuration.
func hasConfig(c flv.Codec) bool { return c != flv.MP3 && c != flv.AC3 && c != flv.EAC3 }

// pictureBytes counts what is in the slices of H.264 and HEVC: the same in all containers.
func pictureBytes(u *flv.AccessUnit) (n int) {
	for _, nalu := range u.NALUs {
		if u.Codec == flv.HEVC && nalu[0]>>1 < 32 || u.Codec == flv.H264 && nalu[0]&0x1F <= 5 {
			n += len(nalu)
		}
	}
	return n
}

// ReadAll reads to the end and returns the error, nil for io.EOF. It checks what every source promises.
func ReadAll(t require.TestingT, s interface {
	Next() (*flv.AccessUnit, error)
}) ([]Unit, error) {
	var units []Unit
	last := map[flv.Kind]Unit{}
	for {
		u, err := s.Next()
		if err != nil {
			_, again := s.Next()
			require.Equal(t, err, again, "errors stay")
			if err == io.EOF {
				err = nil
			}
			return units, err
		}
		c := copyUnit(u)
		require.Equal(t, c.Kind, c.Codec.Kind())
		if before, ok := last[c.Kind]; ok {
			if before.Codec != c.Codec && hasConfig(c.Codec) {
				require.NotEmpty(t, c.Config, "another codec begins with its configuration")
			}
		} else if hasConfig(c.Codec) {
			require.NotEmpty(t, c.Config, "the first unit of a track carries its configuration")
		}
		last[c.Kind] = c
		units = append(units, c)
	}
}

// OpenAndRead opens a file and reads it to its end. The error is that of opening or reading.
func OpenAndRead(t require.TestingT, in *media.Input, open func(*media.Input) (media.Reader, error)) ([]Unit, error) {
	m, err := open(in)
	if err != nil {
		return nil, err
	}
	return ReadAll(t, m)
}

// RequireContain checks that there are as many texts as wanted, and that each contains the wanted one.
func RequireContain(t require.TestingT, texts, wanted []string) {
	require.Len(t, texts, len(wanted))
	for i := range texts {
		require.Contains(t, texts[i], wanted[i])
	}
}

// RequireOrder checks the order over the tracks and that time begins at 0.
func RequireOrder(t *testing.T, units []Unit) {
	require.NotEmpty(t, units)
	require.Zero(t, units[0].DTS)
	for i := 1; i < len(units); i++ {
		a, b := units[i-1], units[i]
		require.LessOrEqual(t, a.DTS, b.DTS, "unit %d", i)
		if a.DTS == b.DTS {
			require.GreaterOrEqual(t, a.Kind, b.Kind, "video comes first: unit %d", i)
		}
	}
}

// Of returns the units of a kind.
func Of(units []Unit, kind flv.Kind) (some []Unit) {
	for _, u := range units {
		if u.Kind == kind {
			some = append(some, u)
		}
	}
	return some
}

// Expected reads a table made by ffprobe (see testdata/make.sh), shifted so that the smallest decode time is 0.
func Expected(t *testing.T, name string) []Unit {
	f, err := os.Open(Path(name + ".csv"))
	require.NoError(t, err)
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var units []Unit
	first := time.Duration(math.MaxInt64)
	for _, r := range records {
		u := Unit{Kind: flv.Audio, DTS: seconds(t, r[1]), PTS: seconds(t, r[2])}
		if r[0] == "video" {
			u.Kind = flv.Video
		}
		u.Size, err = strconv.Atoi(r[3])
		require.NoError(t, err)
		first = min(first, u.DTS)
		units = append(units, u)
	}
	for i := range units {
		units[i].DTS -= first
		units[i].PTS -= first
	}
	return units
}

func seconds(t *testing.T, s string) time.Duration {
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return time.Duration(v * float64(time.Second))
}

// Shown and sound are what all files of codecs.sh show and let hear.
func Shown(c flv.Codec) *flv.VideoInfo {
	return &flv.VideoInfo{Codec: c, Width: 160, Height: 96, FrameRate: 25}
}

// Sound is what the files of codecs.sh let hear.
func Sound(c flv.Codec, rate int) *flv.AudioInfo {
	return &flv.AudioInfo{Codec: c, SampleRate: rate, Channels: 1}
}
