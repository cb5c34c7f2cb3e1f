package mpegts

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/media"
	"luatrtmp/core/source/mediatest"
)

var offsets = regexp.MustCompile(`offset [0-9]+`)

// piece makes 2 s of a recording, whose GOPs are half a second.
func piece(t *testing.T, size string, args string) []byte {
	path := filepath.Join(t.TempDir(), "x.ts")
	all := "-v error -nostdin -y -f lavfi -i testsrc2=size=" + size + ":rate=25:duration=2 -f lavfi -i sine=r=48000:duration=2 " +
		"-pix_fmt yuv420p -preset ultrafast -g 12 -x265-params log-level=error " + args
	mediatest.Run(t, "ffmpeg", append(strings.Fields(all), path)...)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// runs says how many units of a codec and of a picture size follow each other.
func runs(t *testing.T, units []mediatest.Unit, kind flv.Kind) (s string) {
	what, count := "", 0
	for _, u := range append(mediatest.Of(units, kind), mediatest.Unit{}) {
		now := what
		if u.Config != nil && kind == flv.Video {
			track, err := flv.NewVideoTrack(u.Codec)
			require.NoError(t, err)
			require.NoError(t, track.SetConfig(u.Config))
			now = fmt.Sprintf("%v of %d lines", u.Codec, track.Info().Height)
		} else if kind == flv.Audio {
			now = u.Codec.String()
		}
		if count > 0 && (now != what || u.Codec == flv.NoCodec) {
			s += fmt.Sprintf("%d %s, ", count, what)
			count = 0
		}
		what = now
		count++
	}
	return strings.TrimSuffix(s, ", ")
}

// What changes in the middle of a stream: where the tracks are, what they are coded in, whether they are there.
// Each file is some recordings one after the other.
func TestTSChanges(t *testing.T) {
	const avc, hevc = "-c:v libx264 -bf 0", "-c:v libx265 -bf 0"
	made := map[string][]byte{}
	get := func(name, size, args string) {
		made[name] = piece(t, size, args)
	}
	get("plain", "160x96", avc+" -c:a aac")
	get("other PIDs", "160x96", avc+" -c:a aac -mpegts_start_pid 0x200")
	get("other map", "160x96", avc+" -c:a aac -mpegts_start_pid 0x200 -mpegts_pmt_start_pid 0x300")
	get("other program", "160x96", avc+" -c:a aac -mpegts_start_pid 0x200 -mpegts_pmt_start_pid 0x300 -mpegts_service_id 7")
	get("PIDs swapped", "160x96", avc+" -c:a aac -map 1:a -map 0:v")
	get("larger", "320x192", avc+" -c:a aac")
	get("HEVC", "160x96", hevc+" -c:a ac3")
	get("AC-3", "160x96", avc+" -c:a ac3 -mpegts_start_pid 0x300")
	get("silent", "160x96", avc+" -an")
	get("sound", "160x96", "-vn -c:a aac")
	get("MPEG-2", "160x96", "-c:v mpeg2video -c:a mp2")
	get("44.1 kHz", "160x96", avc+" -c:a aac -ar 44100")
	delete(made, "")
	for _, c := range []struct {
		pieces       []string
		video, audio string
		warnings     []string
	}{
		{[]string{"plain", "plain"}, "100 h264 of 96 lines", "190 aac", nil},
		{[]string{"plain", "other PIDs", "plain"}, "150 h264 of 96 lines", "285 aac", nil},
		{[]string{"plain", "other map", "plain"}, "150 h264 of 96 lines", "285 aac", nil},
		{[]string{"plain", "other program", "plain"}, "150 h264 of 96 lines", "285 aac", nil},
		{[]string{"plain", "PIDs swapped", "plain"}, "150 h264 of 96 lines", "285 aac", nil},
		{[]string{"plain", "larger", "plain"}, "50 h264 of 96 lines, 50 h264 of 192 lines, 50 h264 of 96 lines", "285 aac", nil},
		{[]string{"plain", "HEVC"}, "50 h264 of 96 lines, 50 hevc of 96 lines", "95 aac, 63 ac3", nil},
		{[]string{"HEVC", "plain", "HEVC"}, "50 hevc of 96 lines, 50 h264 of 96 lines, 50 hevc of 96 lines", "63 ac3, 95 aac, 63 ac3", nil},
		{[]string{"plain", "AC-3"}, "100 h264 of 96 lines", "95 aac, 63 ac3", nil},
		{[]string{"plain", "44.1 kHz"}, "100 h264 of 96 lines", "183 aac", nil},
		{[]string{"silent", "plain"}, "100 h264 of 96 lines", "95 aac", nil},
		{[]string{"sound", "plain"}, "50 h264 of 96 lines", "190 aac", nil},
		{[]string{"plain", "silent", "plain"}, "150 h264 of 96 lines", "190 aac", []string{"from offset O on there is no audio"}},
		{[]string{"plain", "sound", "plain"}, "100 h264 of 96 lines", "285 aac", []string{"from offset O on there is no video"}},
		{[]string{"plain", "MPEG-2", "plain"}, "100 h264 of 96 lines", "190 aac", []string{
			"from offset O on the video is mpeg2 video, which is left out",
			"PID 257 (audio) from offset O on: " + media.MP2,
		}},
	} {
		t.Run(strings.Join(c.pieces, ", "), func(t *testing.T) {
			var file []byte
			for _, name := range c.pieces {
				file = append(file, made[name]...)
			}
			in := mediatest.Memory(file)
			var warnings []string
			in.Warn = func(text string) { warnings = append(warnings, offsets.ReplaceAllString(text, "offset O")) }
			f, err := Open(in)
			require.NoError(t, err)
			units, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Equal(t, c.video, runs(t, units, flv.Video))
			require.Equal(t, c.audio, runs(t, units, flv.Audio))
			require.Equal(t, c.warnings, warnings)
			for i := 1; i < len(units); i++ { // sound begins a little before the picture of its recording
				require.Greater(t, units[i].DTS-units[i-1].DTS, -30*time.Millisecond, "unit %d", i)
			}
			for _, kind := range []flv.Kind{flv.Video, flv.Audio} { // no hole where a track goes on
				some := mediatest.Of(units, kind)
				for i := 1; i < len(some); i++ {
					step := some[i].DTS - some[i-1].DTS
					require.Greater(t, step, -30*time.Millisecond, "%v %d", kind, i)
					if c.warnings == nil {
						require.Less(t, step, 100*time.Millisecond, "%v %d", kind, i)
					}
				}
			}
			require.NoError(t, f.Rewind()) // the next round is the same, and says nothing new
			again, err := mediatest.ReadAll(t, f)
			require.NoError(t, err)
			require.Equal(t, units, again)
			require.Equal(t, c.warnings, warnings)
		})
	}
	t.Run("back", func(t *testing.T) {
		file := slices.Concat(made["plain"], made["HEVC"], made["other map"], made["larger"], made["silent"], made["plain"])
		f, err := Open(mediatest.Memory(file))
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, f)
		require.NoError(t, err)
		require.NoError(t, f.Rewind())
		for i := range units {
			u, err := f.Next()
			require.NoError(t, err)
			if u.Kind != flv.Video || !u.Codec.IsKey(u.NALUs) {
				continue
			}
			at, config := u.DTS, []byte(nil)
			f.Mark()
			for range i % 7 { // from before and behind a change
				f.Next()
			}
			require.NoError(t, f.Back())
			for {
				u, err = f.Next()
				require.NoError(t, err)
				if u.Kind == flv.Video && u.Config != nil {
					config = u.Config
				}
				if u.Kind == flv.Video && u.DTS >= at {
					break
				}
			}
			require.Equal(t, units[i].DTS, u.DTS, "unit %d", i)
			require.Equal(t, units[i].Codec, u.Codec, "unit %d", i)
			require.Len(t, u.NALUs, units[i].NALUs, "unit %d", i)
			require.NotEmpty(t, config, "unit %d", i)
		}
	})
}

// What the map of a program does not say is recognised where it can be.
func TestTSPrivateData(t *testing.T) {
	const avc = "-c:v libx264 -bf 0"
	private := func(file []byte) []byte { // makes the second stream of the map private data, without descriptors
		file = bytes.Clone(file)
		for p := range slices.Chunk(file, PacketSize) {
			if p[1] != 0x50 || p[2] != 0 { // PID 4096
				continue
			}
			section := p[5:]
			size := 3 + int(section[1]&0x0F)<<8 + int(section[2])
			first := 12 + int(section[10]&0x0F)<<8 + int(section[11])
			second := first + 5 + int(section[first+3]&0x0F)<<8 + int(section[first+4])
			section[second] = typePrivateData
			for at := second + 5; at < size-4; at += 2 + int(section[at+1]) {
				section[at] = 0xFE // a descriptor that nobody knows
			}
			binary.BigEndian.PutUint32(section[size-4:], 0)
			binary.BigEndian.PutUint32(section[size-4:], crc32(section[:size-4]))
		}
		return file
	}
	m2ts := piece(t, "160x96", avc+" -c:a aac -mpegts_m2ts_mode 1")
	for _, c := range []struct {
		name    string
		file    []byte
		audio   string
		skipped []string
	}{
		{"M2TS by ffmpeg", m2ts, "95 aac", nil},
		{"AAC", private(piece(t, "160x96", avc+" -c:a aac")), "95 aac", nil},
		{"AC-3", private(piece(t, "160x96", avc+" -c:a ac3")), "63 ac3", nil},
		{"E-AC-3", private(piece(t, "160x96", avc+" -c:a eac3")), "63 eac3", nil},
		{"something else", private(piece(t, "160x96", avc+" -c:a mp2")), "", []string{"PID 257: private data"}},
	} {
		f, err := Open(mediatest.Memory(c.file))
		require.NoError(t, err, c.name)
		units, err := mediatest.ReadAll(t, f)
		require.NoError(t, err, c.name)
		require.Equal(t, "50 h264 of 96 lines", runs(t, units, flv.Video), c.name)
		require.Equal(t, c.audio, runs(t, units, flv.Audio), c.name)
		require.Equal(t, c.skipped, append([]string(nil), f.Info().Skipped...), c.name)
	}
}

// The first map of a program may be empty, or of something that never comes.
func TestTSWrongMapAtFirst(t *testing.T) {
	plain := piece(t, "160x96", "-c:v libx264 -bf 0 -c:a aac")
	_, want := readTS(t, plain)
	aac := []byte{typeADTS, 0xE3, 0x01, 0xF0, 0}
	for name, streams := range map[string][][]byte{
		"empty": nil, "other PIDs": {{typeH264, 0xE3, 0x00, 0xF0, 0}, aac}, "without video": {aac}, "another codec": {{typeHEVC, 0xE3, 0x00, 0xF0, 0}, aac},
		"only what cannot be sent": {{0x02, 0xE3, 0x00, 0xF0, 0}},
	} {
		section := pmtSection(1, streams...)
		binary.BigEndian.PutUint32(section[len(section)-4:], crc32(section[:len(section)-4]))
		b := append([]byte{Sync, 0x50, 0, 0x10, 0}, section...)
		wrong := append(b, bytes.Repeat([]byte{tableStuffing}, PacketSize-len(b))...)
		in := mediatest.Memory(slices.Concat(plain[:2*PacketSize], wrong, plain[2*PacketSize:]))
		in.Warn = func(text string) { require.Fail(t, text, name) }
		f, err := Open(in)
		require.NoError(t, err, name)
		got, err := mediatest.ReadAll(t, f)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		require.Empty(t, f.Info().Skipped, name)
	}
}

// What is encrypted from somewhere on is named then; a damaged packet is not.
func TestTSEncryptedFromSomewhereOn(t *testing.T) {
	plain := piece(t, "160x96", "-c:v libx264 -bf 0 -c:a aac")
	_, whole := readTS(t, plain)
	for _, c := range []struct {
		name     string
		from, to float64
		least    int // of the units
		warnings []string
	}{
		{"half of it", 0.5, 1, len(whole) / 3, []string{
			"PID 256 (video) is encrypted, about from offset O on, and left out there",
			"PID 257 (audio) is encrypted, about from offset O on, and left out there",
		}},
		{"one packet", 0.5, 0.501, len(whole) - 8, nil},
	} {
		file := bytes.Clone(plain)
		n := len(file) / PacketSize
		for i := int(c.from * float64(n)); i < int(c.to*float64(n)+1) && i < n; i++ {
			if p := file[i*PacketSize:]; p[1]&0x1F == 1 && p[2] < 2 {
				p[3] |= 0x80
			}
		}
		in := mediatest.Memory(file)
		var warnings []string
		in.Warn = func(text string) { warnings = append(warnings, offsets.ReplaceAllString(text, "offset O")) }
		f, err := Open(in)
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, f)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(units), c.least, c.name)
		require.Less(t, len(units), len(whole), c.name)
		require.ElementsMatch(t, c.warnings, warnings, c.name)
	}
}
