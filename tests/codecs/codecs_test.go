// Package codecs_test reads every codec from every container that can carry it, as docs/codecs.md says, and compares what comes out with what
// ffmpeg finds in the same file: the frames, their order, their times and their bytes.
package codecs_test

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source"
	"luatrtmp/tests/media"
)

// codec is how media in a codec are made, and what they are taken for.
type codec struct {
	flv  flv.Codec
	base func(testing.TB) string // a file with one track
	raw  string                  // the format in which ffmpeg writes NAL units without lengths, or samples; empty if the codec has neither
}

func coded(ext, video, audio string) func(testing.TB) string {
	return func(t testing.TB) string { return media.Coded(t, ext, video, audio) }
}

// aacMain is AAC of the Main profile.
func aacMain(t testing.TB) string {
	return media.Make(t, ".mp4", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=2", "-c:a", "aac", "-profile:a", "aac_main", "-ac", "2")
}

var codecs = map[string]codec{
	"h264":   {flv.H264, coded(".mp4", "h264", ""), "h264"},
	"hevc":   {flv.HEVC, coded(".mp4", "hevc", ""), "hevc"},
	"av1":    {flv.AV1, coded(".mp4", "av1", ""), ""},
	"vp8":    {flv.VP8, coded(".ivf", "vp8", ""), ""},
	"vp9":    {flv.VP9, coded(".mp4", "vp9", ""), ""},
	"aac":    {flv.AAC, coded(".mp4", "", "aac"), ""},
	"he-aac": {flv.AAC, media.HEAAC, ""},
	"main":   {flv.AAC, aacMain, ""},
	"mp3":    {flv.MP3, coded(".mp3", "", "mp3"), ""},
	"opus":   {flv.Opus, coded(".ogg", "", "opus"), ""},
	"flac":   {flv.FLAC, coded(".oga", "", "flac"), ""},
	"ac-3":   {flv.AC3, coded(".ac3", "", "ac3"), ""},
	"e-ac-3": {flv.EAC3, coded(".eac3", "", "eac3"), ""},
	"a-law":  {flv.PCMA, coded(".wav", "", "pcma"), "alaw"},
	"mu-law": {flv.PCMU, coded(".wav", "", "pcmu"), "mulaw"},
}

// container is how a track gets into a container.
type container struct {
	ext     string
	options []string                               // of ffmpeg's -c copy
	write   func(t testing.TB, base string) string // in place of ffmpeg; then the base has the times
	noTimes bool                                   // the base has the times
}

var containers = map[string]container{
	"flv":            {ext: ".flv"},
	"enhanced flv":   {write: media.EnhancedFLV},
	"mp4":            {ext: ".mp4", options: []string{"-strict", "-2"}},
	"mov":            {ext: ".mov"},
	"fragmented mp4": {ext: ".mp4", options: []string{"-strict", "-2", "-movflags", "+frag_keyframe+empty_moov+delay_moov"}},
	"mpeg-ts":        {ext: ".ts"},
	"m2ts":           {ext: ".m2ts", options: []string{"-mpegts_m2ts_mode", "1"}},
	"matroska":       {ext: ".mkv"},
	"webm":           {ext: ".webm"},
	"ogg":            {ext: ".ogg"},
	"ivf":            {ext: ".ivf"},
	"wav":            {ext: ".wav"},
	"h264 file":      {ext: ".h264", noTimes: true},
	"hevc file":      {ext: ".h265", noTimes: true},
	"adts":           {ext: ".aac"},
	"mp3 file":       {ext: ".mp3"},
	"ac-3 file":      {ext: ".ac3"},
	"e-ac-3 file":    {ext: ".eac3"},
}

// sent has every codec in every container from which it is sent.
var sent = []string{
	"flv/h264", "flv/hevc", "flv/aac", "flv/he-aac", "flv/main", "flv/mp3", "flv/a-law", "flv/mu-law",
	"enhanced flv/h264", "enhanced flv/hevc", "enhanced flv/av1", "enhanced flv/vp8", "enhanced flv/vp9", "enhanced flv/aac", "enhanced flv/he-aac", "enhanced flv/main",
	"enhanced flv/mp3", "enhanced flv/opus", "enhanced flv/flac", "enhanced flv/ac-3", "enhanced flv/e-ac-3",
	"mp4/h264", "mp4/hevc", "mp4/av1", "mp4/vp8", "mp4/vp9", "mp4/aac", "mp4/he-aac", "mp4/main", "mp4/mp3", "mp4/opus", "mp4/flac", "mp4/ac-3", "mp4/e-ac-3",
	"mov/a-law", "mov/mu-law", "mov/h264", "mov/hevc", "mov/aac", "mov/he-aac", "mov/main", "mov/mp3", "mov/ac-3", "mov/e-ac-3",
	"fragmented mp4/h264", "fragmented mp4/hevc", "fragmented mp4/av1", "fragmented mp4/vp8", "fragmented mp4/vp9", "fragmented mp4/aac", "fragmented mp4/he-aac",
	"fragmented mp4/main", "fragmented mp4/mp3", "fragmented mp4/opus", "fragmented mp4/flac", "fragmented mp4/ac-3", "fragmented mp4/e-ac-3",
	"matroska/h264", "matroska/hevc", "matroska/av1", "matroska/vp8", "matroska/vp9", "matroska/aac", "matroska/he-aac", "matroska/main",
	"matroska/mp3", "matroska/opus", "matroska/flac", "matroska/ac-3", "matroska/e-ac-3", "matroska/a-law", "matroska/mu-law",
	"webm/av1", "webm/vp8", "webm/vp9", "webm/opus",
	"mpeg-ts/h264", "mpeg-ts/hevc", "mpeg-ts/aac", "mpeg-ts/he-aac", "mpeg-ts/main", "mpeg-ts/mp3", "mpeg-ts/opus", "mpeg-ts/ac-3", "mpeg-ts/e-ac-3",
	"m2ts/h264", "m2ts/ac-3",
	"ogg/opus", "ogg/flac",
	"ivf/av1", "ivf/vp8", "ivf/vp9",
	"wav/a-law", "wav/mu-law",
	"h264 file/h264", "hevc file/hevc", "adts/aac", "adts/he-aac", "adts/main", "mp3 file/mp3", "ac-3 file/ac-3", "e-ac-3 file/e-ac-3",
}

// packet is what ffprobe finds of one frame.
type packet struct {
	DTS, PTS, Hash string
	Size           string
}

// probed is what ffprobe finds in a file.
type probed struct {
	Packets []struct {
		PTS  string `json:"pts_time"`
		DTS  string `json:"dts_time"`
		Hash string `json:"data_hash"`
	}
	Streams []struct {
		Width, Height, Channels int
		SampleRate              string `json:"sample_rate"`
	}
}

func probe(t *testing.T, file string) (p probed) {
	t.Helper()
	out := run(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5", "-show_streams", "-of", "json",
		"-show_entries", "packet=pts_time,dts_time,data_hash:stream=width,height,channels,sample_rate", file)
	require.NoError(t, json.Unmarshal(out, &p))
	require.Len(t, p.Streams, 1)
	require.NotEmpty(t, p.Packets)
	return p
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), "%s %s\n%s", name, strings.Join(args, " "), &complaints)
	return out.Bytes()
}

// times returns the times of the packets, moved so that the smallest decode time is 0. Where a file has none for decoding, they are those of
// presentation.
func (p probed) times(t *testing.T) (dts, pts []time.Duration) {
	t.Helper()
	first := time.Duration(math.MaxInt64)
	for _, packet := range p.Packets {
		at := seconds(t, packet.PTS)
		pts = append(pts, at)
		if packet.DTS != "" {
			at = seconds(t, packet.DTS)
		}
		dts = append(dts, at)
		first = min(first, at)
	}
	for i := range dts {
		dts[i] -= first
		pts[i] -= first
	}
	return dts, pts
}

func seconds(t *testing.T, s string) time.Duration {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return time.Duration(v * float64(time.Second))
}

// unit is what is compared of an access unit.
type unit struct {
	dts, pts time.Duration
	data     []byte // of H.264 and HEVC with lengths of 4 bytes, as in MP4
	slices   []byte // of H.264 and HEVC
}

func read(t *testing.T, file string) (units []unit, info source.Info) {
	t.Helper()
	s, err := source.Open(source.Spec{Path: file, Warn: func(text string) { t.Errorf("warning: %s", text) }})
	require.NoError(t, err)
	defer s.Close()
	for {
		u, err := s.Next()
		if err == io.EOF {
			return units, s.Info()
		}
		require.NoError(t, err)
		c := unit{dts: u.DTS, pts: u.PTS, data: bytes.Clone(u.Data), slices: slicesOf(u.Codec, u.NALUs)}
		for _, n := range u.NALUs {
			c.data = append(binary.BigEndian.AppendUint32(c.data, uint32(len(n))), n...)
		}
		units = append(units, c)
	}
}

// slicesOf joins the NAL units that are coded slices: what is between them, containers and repackers add and leave out.
func slicesOf(codec flv.Codec, nalus [][]byte) (b []byte) {
	for _, n := range nalus {
		if codec == flv.H264 && n[0]&0x1F <= 5 || codec == flv.HEVC && n[0]>>1 < 32 {
			b = append(append(b, 0, 0, 1), n...)
		}
	}
	return b
}

// Every codec in every container from which it is sent: the frames of ffmpeg, in its order, at its times, with its bytes.
func TestContainers(t *testing.T) {
	for _, name := range sent {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, what, _ := strings.Cut(name, "/")
			container, codec := containers[in], codecs[what]
			switch name {
			case "flv/hevc", "enhanced flv/vp8":
				container.write = tagged
			case "mp4/vp8":
				container.write = vp8MP4
			case "fragmented mp4/vp8":
				container.write = vp8Fragmented
			case "matroska/h264", "matroska/hevc": // Matroska has no decode times, and ffprobe makes none for the first frames
				container.noTimes = true
			}
			base := codec.base(t)
			file, judge := "", base
			if container.write != nil {
				file = container.write(t, base)
			} else {
				file = media.Remuxed(t, container.ext, container.options, base)
				if !container.noTimes {
					judge = file
				}
			}
			units, info := read(t, file)
			want := probe(t, base)
			requireInfo(t, codec.flv, probe(t, judge), info)
			if codec.flv == flv.PCMA || codec.flv == flv.PCMU {
				requireSamples(t, run(t, "ffmpeg", "-v", "error", "-i", base, "-c", "copy", "-f", codec.raw, "-"), units)
				return
			}
			requireTimes(t, probe(t, judge), units)
			if codec.raw != "" {
				nalus, err := flv.SplitAnnexB(nil, run(t, "ffmpeg", "-v", "error", "-i", base, "-c", "copy", "-f", codec.raw, "-"))
				require.NoError(t, err)
				var all []byte
				for _, u := range units {
					all = append(all, u.slices...)
				}
				require.True(t, bytes.Equal(slicesOf(codec.flv, nalus), all), "the bytes of the pictures")
				return
			}
			require.Len(t, units, len(want.Packets))
			for i, u := range units {
				if codec.flv == flv.AV1 { // a temporal delimiter in front says nothing
					u.data = bytes.TrimPrefix(u.data, []byte{0x12, 0})
				}
				sum := md5.Sum(u.data)
				require.Equal(t, want.Packets[i].Hash, "MD5:"+hex.EncodeToString(sum[:]), "frame %d", i)
			}
		})
	}
}

func requireInfo(t *testing.T, codec flv.Codec, want probed, info source.Info) {
	t.Helper()
	require.Empty(t, info.Skipped)
	s := want.Streams[0]
	if codec.Kind() == flv.Video {
		require.Nil(t, info.Audio)
		require.Equal(t, []any{codec, s.Width, s.Height}, []any{info.Video.Codec, info.Video.Width, info.Video.Height})
		return
	}
	require.Nil(t, info.Video)
	require.Equal(t, codec, info.Audio.Codec)
	require.Equal(t, s.Channels, info.Audio.Channels)
	require.Equal(t, s.SampleRate, strconv.Itoa(info.Audio.SampleRate))
}

// tolerance is 1 ms, and what is lost where ffprobe rounds.
const tolerance = float64(time.Millisecond + 2*time.Microsecond)

func requireTimes(t *testing.T, want probed, units []unit) {
	t.Helper()
	dts, pts := want.times(t)
	require.Len(t, units, len(dts))
	for i, u := range units {
		require.InDelta(t, dts[i], u.dts, tolerance, "decode time of %d", i)
		require.InDelta(t, pts[i], u.pts, tolerance, "presentation time of %d", i)
	}
}

// requireSamples compares G.711, which has no frames: containers cut it as they like.
func requireSamples(t *testing.T, want []byte, units []unit) {
	t.Helper()
	var got []byte
	for i, u := range units {
		require.InDelta(t, time.Duration(len(got))*time.Second/8000, u.dts, float64(time.Millisecond), "frame %d", i)
		require.Equal(t, u.dts, u.pts)
		got = append(got, u.data...)
	}
	require.True(t, bytes.Equal(want, got), "%d bytes, want %d", len(got), len(want))
}
