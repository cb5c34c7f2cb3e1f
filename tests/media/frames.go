package media

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Frame is one decoded frame or one coded packet.
type Frame struct {
	PTS time.Duration
	MD5 string
}

// Track is what a file holds of one kind of media.
type Track struct {
	Decoded []Frame // pictures, or pieces of audio, in the order the decoder gives them out
	Coded   []Frame // packets in the order of the file
}

// Frames is what a file holds: at most one video and one audio track.
type Frames struct {
	File  string
	Video Track
	Audio Track

	// Complaints is what ffmpeg said at its level "error" while it read and decoded. A whole file gives none.
	Complaints string
}

// FrameMD5 reads the packets of a file with ffprobe and decodes it with ffmpeg. Frames are neither repeated nor left out to
// fit a frame rate, and times are those of the file. A file that cannot be opened fails the test.
func FrameMD5(t testing.TB, file string) *Frames {
	t.Helper()
	return FrameMD5Track(t, file, 0)
}

// FrameMD5Track is FrameMD5 for the nth video and the nth audio track, from 0.
func FrameMD5Track(t testing.TB, file string, n int) *Frames {
	t.Helper()

	f := &Frames{File: file}
	f.decoded(t, n)
	f.coded(t, n)

	return f
}

// decoded runs ffmpeg's framemd5. Its lines are "stream, dts, pts, duration, size, md5" in units that lines
// "#tb stream: num/den" give; "#media_type stream: video" comes for each stream.
func (f *Frames) decoded(t testing.TB, n int) {
	t.Helper()

	out, complaints := run(t, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-copyts", "-i", f.File,
		"-map", fmt.Sprintf("0:v:%d?", n), "-map", fmt.Sprintf("0:a:%d?", n),
		"-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "framemd5", "-")
	f.Complaints = complaints

	units := map[string]time.Duration{} // of a tick, times unitScale
	tracks := map[string]*Track{}

	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)

		if head, value, ok := strings.Cut(strings.TrimPrefix(line, "#"), ": "); ok && strings.HasPrefix(line, "#") {
			what, stream, _ := strings.Cut(head, " ")
			switch what {
			case "tb":
				units[stream] = timeBase(t, value)
			case "media_type":
				tracks[stream] = f.track(value)
			}
			continue
		}

		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}

		field := strings.Split(line, ",")
		if len(field) < 6 || tracks[field[0]] == nil {
			t.Fatalf("media: %s: unexpected line of framemd5: %q", f.File, line)
		}

		pts, err := strconv.ParseInt(strings.TrimSpace(field[2]), 10, 64)
		if err != nil {
			t.Fatalf("media: %s: %v in %q", f.File, err, line)
		}

		track := tracks[field[0]]
		track.Decoded = append(track.Decoded, Frame{
			PTS: time.Duration(pts) * units[field[0]] / unitScale, MD5: strings.TrimSpace(field[5]),
		})
	}
}

// unitScale keeps the rounding of a tick's length below 1 us an hour.
const unitScale = 1000

func timeBase(t testing.TB, s string) time.Duration {
	t.Helper()

	num, den, _ := strings.Cut(s, "/")
	n, err1 := strconv.ParseInt(num, 10, 32)
	d, err2 := strconv.ParseInt(den, 10, 32)
	if err1 != nil || err2 != nil || d == 0 {
		t.Fatalf("media: unexpected time base %q", s)
	}

	return time.Duration(n) * time.Second * unitScale / time.Duration(d)
}

func (f *Frames) track(mediaType string) *Track {
	if mediaType == "video" {
		return &f.Video
	}

	return &f.Audio
}

// coded runs ffprobe: unlike ffmpeg -c copy it leaves no packet out, whatever its time.
func (f *Frames) coded(t testing.TB, n int) {
	t.Helper()

	out, _ := run(t, "ffprobe", "-loglevel", "error", "-show_data_hash", "md5", "-show_packets", "-show_streams",
		"-show_entries", "packet=stream_index,pts_time,data_hash:stream=index,codec_type", "-of", "json", f.File)

	var probe struct {
		Packets []struct {
			StreamIndex int    `json:"stream_index"`
			PTSTime     string `json:"pts_time"` // absent in elementary streams
			DataHash    string `json:"data_hash"`
		}
		Streams []struct {
			Index     int
			CodecType string `json:"codec_type"`
		}
	}
	if err := json.Unmarshal([]byte(out), &probe); err != nil {
		t.Fatalf("media: %s: output of ffprobe: %v", f.File, err)
	}

	tracks, seen := map[int]*Track{}, map[string]int{}
	for _, s := range probe.Streams {
		if (s.CodecType == "video" || s.CodecType == "audio") && seen[s.CodecType] == n {
			tracks[s.Index] = f.track(s.CodecType)
		}
		seen[s.CodecType]++
	}

	for _, p := range probe.Packets {
		track := tracks[p.StreamIndex]
		if track == nil {
			continue
		}

		var pts time.Duration
		if p.PTSTime != "" {
			var err error
			if pts, err = time.ParseDuration(p.PTSTime + "s"); err != nil {
				t.Fatalf("media: %s: %v", f.File, err)
			}
		}
		track.Coded = append(track.Coded, Frame{PTS: pts, MD5: p.DataHash})
	}
}

// Repeat returns the frames of a file that is played n times, each time period after the one before.
func (f *Frames) Repeat(n int, period time.Duration) *Frames {
	again := func(in []Frame) []Frame {
		out := make([]Frame, 0, n*len(in))
		for i := range n {
			for _, fr := range in {
				out = append(out, Frame{PTS: fr.PTS + time.Duration(i)*period, MD5: fr.MD5})
			}
		}
		return out
	}

	return &Frames{
		File:       f.File,
		Video:      Track{Decoded: again(f.Video.Decoded), Coded: again(f.Video.Coded)},
		Audio:      Track{Decoded: again(f.Audio.Decoded), Coded: again(f.Audio.Coded)},
		Complaints: f.Complaints,
	}
}
