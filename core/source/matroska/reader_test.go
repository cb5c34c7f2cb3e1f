package matroska

import (
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

// packet is what ffprobe says of a frame, and what there is to say of an access unit.
type packet struct {
	dts, pts time.Duration
	noDTS    bool
	bytes    string // size and sum
}

// packetOf returns what ffprobe would say of a unit.
func packetOf(u *flv.AccessUnit) packet {
	b := u.Data
	for _, nalu := range u.NALUs {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(nalu))), nalu...)
	}
	return packet{dts: u.DTS, pts: u.PTS, bytes: fmt.Sprintf("%d,%08x", len(b), crc32.ChecksumIEEE(b))}
}

// expected reads a table made by ffprobe, see testdata/codecs.sh.
func expected(t *testing.T, name string) map[flv.Kind][]packet {
	f, err := os.Open(mediatest.Path(name + ".csv"))
	require.NoError(t, err)
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	all := map[flv.Kind][]packet{}
	seconds := func(s string) time.Duration {
		v, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		return time.Duration(v * float64(time.Second))
	}
	for _, r := range records {
		p := packet{pts: seconds(r[2]), bytes: r[3] + "," + r[4]}
		if p.noDTS = r[1] == "N/A"; !p.noDTS {
			p.dts = seconds(r[1])
		}
		kind := flv.Audio
		if r[0] == "video" {
			kind = flv.Video
		}
		all[kind] = append(all[kind], p)
	}
	return all
}

func open(t *testing.T, b []byte) media.Reader {
	t.Helper()
	r, err := Open(mediatest.Memory(b))
	require.NoError(t, err)
	return r
}

// Frames, their order, their bytes and their times are those that FFmpeg finds.
func TestFilesAgreeWithFFprobe(t *testing.T) {
	h264 := &flv.VideoInfo{Codec: flv.H264, Width: 160, Height: 96, FrameRate: 30000.0 / 1001}
	for _, c := range []struct {
		name     string
		video    *flv.VideoInfo
		audio    *flv.AudioInfo
		duration time.Duration
	}{
		{"bframes.mkv", h264, mediatest.Sound(flv.AAC, 44100), 1068 * time.Millisecond},
		{"live.mkv", h264, mediatest.Sound(flv.AAC, 44100), 0}, // lengths of segment and clusters unknown
		{"hevc.mkv", mediatest.Shown(flv.HEVC), mediatest.Sound(flv.EAC3, 48000), 1080 * time.Millisecond},
		{"av1.mkv", mediatest.Shown(flv.AV1), mediatest.Sound(flv.FLAC, 8000), 500 * time.Millisecond},
		{"vp9.webm", mediatest.Shown(flv.VP9), mediatest.Sound(flv.Opus, 48000), 514 * time.Millisecond},
		{"vp8.webm", mediatest.Shown(flv.VP8), mediatest.Sound(flv.Opus, 48000), 0},
		{"ac3.mka", nil, mediatest.Sound(flv.AC3, 48000), 512 * time.Millisecond},
		{"mp3.mka", nil, mediatest.Sound(flv.MP3, 48000), 528 * time.Millisecond},
		{"mulaw.mka", nil, &flv.AudioInfo{Codec: flv.PCMU, SampleRate: 8000, Channels: 2}, 500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, mediatest.File(t, c.name))
			info := r.Info()
			require.Empty(t, info.Skipped)
			require.Equal(t, c.audio, info.Audio)
			require.InDelta(t, c.duration, info.Duration, float64(time.Millisecond))
			if c.video == nil {
				require.Nil(t, info.Video)
			} else {
				require.InDelta(t, c.video.FrameRate, info.Video.FrameRate, 1e-5)
				info.Video.FrameRate, info.Video.Color = c.video.FrameRate, nil
				require.Equal(t, c.video, info.Video)
			}
			want := expected(t, c.name)
			got := map[flv.Kind][]packet{}
			var units []mediatest.Unit
			for {
				u, err := r.Next()
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				got[u.Kind] = append(got[u.Kind], packetOf(u))
				units = append(units, mediatest.Unit{Kind: u.Kind, DTS: u.DTS})
			}
			mediatest.RequireOrder(t, units)
			kind := flv.Audio
			if c.video != nil {
				kind = flv.Video
			}
			first := want[kind][0].pts - got[kind][0].pts
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} {
				a, b := want[kind], got[kind]
				require.Len(t, b, len(a), kind)
				for i := range a {
					require.Equal(t, a[i].bytes, b[i].bytes, "%v %d", kind, i)
					require.InDelta(t, a[i].pts-first, b[i].pts, float64(time.Millisecond), "%v %d", kind, i)
					require.LessOrEqual(t, b[i].dts, b[i].pts, "%v %d", kind, i)
					if !a[i].noDTS {
						require.InDelta(t, a[i].dts-first, b[i].dts, float64(time.Millisecond), "%v %d", kind, i)
					}
				}
			}
			require.NoError(t, r.Close())
		})
	}
}

// What cannot be sent is named, and the first track of each kind that can be is sent.
func TestOtherTracksAreNamed(t *testing.T) {
	r := open(t, mediatest.File(t, "many.mkv"))
	require.Nil(t, r.Info().Video)
	require.Equal(t, flv.MP3, r.Info().Audio.Codec)
	require.Equal(t, []string{
		"track 1 (video): mpeg4 part 2 (V_MPEG4/ISO/ASP)", "track 2 (audio): vorbis (A_VORBIS)", "track 3 (audio): " + media.MP2 + " (A_MPEG/L2)",
		"track 4 (audio): pcm (A_PCM/INT/LIT)", "track 5 (audio): dts (A_DTS)", "track 6 (subtitles): text (S_TEXT/UTF8)",
	}, r.Info().Skipped)
	units, err := mediatest.ReadAll(t, r)
	require.NoError(t, err)
	require.NotEmpty(t, units)
}

func FuzzMatroska(f *testing.F) {
	for _, name := range []string{"bframes.mkv", "live.mkv", "hevc.mkv", "av1.mkv", "vp9.webm", "vp8.webm", "ac3.mka", "mp3.mka", "mulaw.mka"} {
		f.Add(mediatest.File(f, name))
	}
	f.Add(file(scale(100_000), both(), cluster(5, el(idBlockGroup, el(idBlock, blockBody(1, 0, 0, vp8Key)), num(idBlockDuration, 30), num(0xFB, 1)),
		el(idSimpleBlock, blockBody(2, 0, ebmlLacing<<1, []byte{3, 0x84, 0xC0, 0xBF}, aacFrame, aacFrame, aacFrame, aacFrame, aacFrame)),
		el(idSimpleBlock, blockBody(2, 0, xiphLacing<<1, []byte{1, 3}, aacFrame, aacFrame)),
		el(idSimpleBlock, blockBody(2, 0, fixedLacing<<1, []byte{1}, aacFrame, aacFrame)))))
	f.Add(file(el(idTracks, vp8Entry(el(0x6D80, el(0x6240, el(0x5034, num(0x4254, algorithmStripped), el(0x4255, vp8Key)))))), endless(idCluster, num(idTimestamp, 0), simple(1, 0))))
	f.Fuzz(func(t *testing.T, b []byte) { mediatest.Drain(t, b, Open) })
}
