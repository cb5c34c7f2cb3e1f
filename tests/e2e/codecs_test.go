package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// coded is a file in some codecs.
type coded struct {
	name         string
	video, audio string // the FourCCs of what is sent; see media.Packet
	file         func(testing.TB) string
	opts         media.Options
	args         []string // of publish.lua
	noTimes      bool     // the file has no times: 25 pictures a second

	// like returns a file with the same frames, packet by packet as they are sent; nil: the file itself.
	like func(t testing.TB, file string) string
}

// codedFile is a file that ffmpeg makes. Packets are compared as they are but where asIs is false.
func codedFile(ext, video, audio string, asIs bool) coded {
	fourCC := map[string]string{
		"h264": "avc1", "hevc": "hvc1", "av1": "av01", "vp9": "vp09", "vp8": "vp08", "aac": "mp4a", "mp3": ".mp3", "opus": "Opus",
		"flac": "fLaC", "ac3": "ac-3", "eac3": "ec-3", "pcma": "alaw", "pcmu": "ulaw",
	}
	return coded{
		name:  strings.TrimSpace(video+" "+audio) + " in " + ext[1:],
		video: fourCC[video], audio: fourCC[audio],
		file: func(t testing.TB) string { return media.Coded(t, ext, video, audio) },
		opts: media.Options{CodedVideo: asIs, CodedAudioOnly: true, VideoOnly: audio == "", AudioOnly: video == ""},
	}
}

// enhancedFile is the same in FLV with the forms of Enhanced RTMP.
func enhancedFile(video, audio string) coded {
	c := codedFile(".mp4", video, audio, true)
	file := c.file
	c.name = video + " " + audio + " in enhanced flv"
	c.file = func(t testing.TB) string { return media.EnhancedFLV(t, file(t)) }
	return c
}

func (c coded) with(name string, args ...string) coded {
	c.name += ", " + name
	c.args = append(slices.Clone(c.args), args...)
	return c
}

// withoutADTS compares with AAC that has lost its ADTS headers. Matroska has whole milliseconds, as RTMP has.
func withoutADTS(c coded) coded {
	c.like = func(t testing.TB, file string) string { return media.Remuxed(t, ".mkv", nil, file) }
	c.opts.Tolerance = 2 * media.DefaultTolerance
	return c
}

// cutAsSent compares with G.711 in packets of 20 ms: a WAV file has no packets. format is the sound format that FLV has for it.
func cutAsSent(c coded, ext string, format byte) coded {
	const (
		packet = 160 // samples of one byte
		ms     = 20
	)

	c.like = func(t testing.TB, file string) string {
		samples, err := os.ReadFile(media.Make(t, ext, "-i", file, "-c", "copy"))
		require.NoError(t, err)

		var tags []media.Tag
		for cut := range slices.Chunk(samples, packet) {
			tags = append(tags, media.Tag{
				Type: media.TagAudio, MS: uint32(len(tags) * ms), Body: append([]byte{format << 4}, cut...),
			})
		}
		flv := filepath.Join(t.TempDir(), "cut.flv")
		media.WriteFLV(t, flv, tags)

		return media.Matroska(t, flv)
	}
	return c
}

// frames returns what the file holds.
func (c coded) frames(t testing.TB) *media.Frames {
	t.Helper()

	file := c.file(t)
	switch {
	case c.like != nil:
		file = c.like(t, file)
	case strings.HasSuffix(file, ".flv"): // Debian's ffmpeg reads the older forms only
		file = media.Matroska(t, file)
	}
	f := frames(t, file)
	if c.noTimes {
		f = at25(f)
	}

	return f
}

var (
	codedMP4 = []coded{
		codedFile(".mp4", "hevc", "opus", true),
		codedFile(".mp4", "av1", "aac", true),
		codedFile(".mp4", "vp9", "flac", true),
		codedFile(".mp4", "h264", "ac3", true),
		codedFile(".mp4", "h264", "eac3", true),
		codedFile(".mp4", "h264", "mp3", true),
	}
	legacyHEVC = codedFile(".mp4", "hevc", "aac", true).with("legacy", "hevc=legacy")
	hdr10      = coded{name: "hevc HDR10 in mp4", video: "hvc1", file: media.HDR10, opts: media.Options{VideoOnly: true}}
	vp9        = codedFile(".mp4", "vp9", "", true)
	vp8        = codedFile(".ivf", "vp8", "", true)
	heAAC      = coded{name: "HE-AAC in flv", audio: "mp4a", file: media.HEAAC, opts: media.Options{AudioOnly: true}}
	g711       = []coded{codedFile(".flv", "h264", "pcma", true), codedFile(".flv", "h264", "pcmu", true)}
	legacyMP3  = codedFile(".flv", "h264", "mp3", true)

	// Each way to read a codec, once.
	codedSources = []coded{
		enhancedFile("hevc", "opus"), enhancedFile("av1", "ac3"), enhancedFile("vp9", "flac"), enhancedFile("h264", "eac3"),
		withoutADTS(codedFile(".ts", "hevc", "aac", false)), codedFile(".ts", "h264", "mp3", false), codedFile(".ts", "h264", "ac3", false),
		codedFile(".ts", "h264", "opus", false),
		codedFile(".ivf", "av1", "", false), codedFile(".ivf", "vp9", "", true), vp8,
		{name: "hevc in h265", video: "hvc1", file: media.HEVC, opts: media.Options{VideoOnly: true}, noTimes: true},
		codedFile(".mkv", "h264", "aac", true), codedFile(".mkv", "hevc", "eac3", true), codedFile(".mkv", "av1", "flac", true),
		codedFile(".webm", "vp9", "opus", true), codedFile(".webm", "vp8", "opus", true), codedFile(".mkv", "h264", "mp3", true),
		codedFile(".ogg", "", "opus", true),
		cutAsSent(codedFile(".wav", "", "pcma", true), ".al", 7), cutAsSent(codedFile(".wav", "", "pcmu", true), ".ul", 8),
	}
)

// Every codec to every server that takes it, and every container that is read.
func TestCodecs(t *testing.T) {
	nginx, nms := peers.StartNginx(t), peers.StartNodeMediaServer(t)
	v2, old := peers.StartReceiver(t, "-caps", "v2"), peers.StartReceiver(t)
	results := &table{}
	t.Cleanup(func() { t.Log("\n" + results.String()) })

	for _, peer := range []struct {
		name  string
		start func(t testing.TB, stream string) (s *peers.Server, url string)
		media [][]coded
	}{
		{"gortmplib", on(v2, (*peers.Server).URL), [][]coded{codedMP4, {legacyHEVC, hdr10}, g711, {legacyMP3, heAAC}, codedSources}},
		{"gortmplib, declares nothing", on(old, (*peers.Server).URL), [][]coded{
			{codedFile(".mp4", "hevc", "aac", true), codedFile(".mp4", "av1", "mp3", true), vp9}, g711,
		}},
		{"node-av", nodeAV, [][]coded{known(intoMatroska(codedMP4)), {vp9, hdr10, legacyMP3}, g711}},
		{"node-media-server", on(nms, (*peers.Server).URL), [][]coded{known(codedMP4), {legacyHEVC, hdr10, legacyMP3}, g711}},
		{"nginx-rtmp", on(nginx, (*peers.Server).URL), [][]coded{{legacyMP3}, g711}},
		{"ffmpeg -listen", ffmpegListen, [][]coded{{legacyMP3}, g711}},
	} {
		for _, list := range peer.media {
			for _, m := range list {
				t.Run(peer.name+"/"+m.name, func(t *testing.T) {
					t.Parallel()
					stream := streamName(peer.name + m.name)
					server, url := peer.start(t, stream)
					run := start(t, "publish.lua", append([]string{url, "source=" + m.file(t)}, m.args...)...)
					run.wait()
					run.requirePublished("1")

					recording := server.Recording(stream)
					if strings.HasSuffix(recording, ".flv") {
						requireRecords(t, m, recording)
						recording = media.Matroska(t, recording)
					}
					got := frames(t, recording)
					requireCounted(t, run, "1", got)
					media.Compare(t, m.frames(t), got, m.opts)
					results.add(peer.name, m.name, run, len(got.Video.Decoded), len(got.Audio.Coded))
				})
			}
		}
	}
}

// known returns media for a server that takes Enhanced RTMP v2 and does not declare it.
func known(media []coded) []coded {
	var all []coded
	for _, m := range media {
		m.args = append(slices.Clone(m.args), "enhanced=v2")
		all = append(all, m)
	}
	return all
}

// intoMatroska leaves out FLAC: FFmpeg 8.1 decodes it with the marker that Enhanced RTMP puts in front of STREAMINFO, but writes
// that into Matroska twice.
func intoMatroska(media []coded) []coded {
	return slices.DeleteFunc(slices.Clone(media), func(m coded) bool { return m.audio == "fLaC" })
}

// nodeAV starts a server for each stream.
func nodeAV(t testing.TB, stream string) (*peers.Server, string) {
	s := peers.StartNodeAV(t, stream)
	return s, s.URL("live", stream)
}

// streamName makes a name that all servers take.
func streamName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// requireRecords requires what was sent to be in the codecs it should be in, and the configuration records to be those that
// FFmpeg 8.1 writes for the same file.
func requireRecords(t *testing.T, m coded, recording string) {
	t.Helper()

	got := records(t, recording)
	for _, codec := range []string{m.video, m.audio} {
		if codec != "" {
			require.Contains(t, got, codec)
		}
	}
	for codec, want := range muxerRecords(t, m) {
		require.Equal(t, want, got[codec], "the configuration of %s", codec)
	}
}

// muxerRecords returns the records of an FLV file, and for other files what FFmpeg 8.1 writes for them; "" for codecs without a
// record. It cannot write VP8, nor G.711.
func muxerRecords(t testing.TB, m coded) map[string]string {
	t.Helper()
	if m.video == "vp08" || m.audio == "alaw" || m.audio == "ulaw" {
		return nil
	}

	file := m.file(t)
	if !strings.HasSuffix(file, ".flv") {
		file = media.EnhancedFLV(t, file)
	}

	return records(t, file)
}

// records returns the first configuration record of each codec in an FLV file, in hex.
func records(t testing.TB, flv string) map[string]string {
	t.Helper()

	found := map[string]string{}
	for _, g := range media.ReadFLV(t, flv) {
		packets, err := media.Packets(g)
		require.NoError(t, err)
		for _, p := range packets {
			if p.Type == media.SequenceStart && found[p.Codec] == "" {
				found[p.Codec] = canonical(p.Codec, p.Data)
			} else if _, known := found[p.Codec]; !known && p.Type == media.CodedFrames {
				found[p.Codec] = ""
			}
		}
	}

	return found
}
