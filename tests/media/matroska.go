package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/at-wat/ebml-go"
	"github.com/at-wat/ebml-go/webm"
)

// clusterLength keeps the times of blocks, which count from their cluster's in 16 bits, within their range.
const clusterLength = 10 * time.Second

const (
	trackVideo = 1
	trackAudio = 2
)

// Matroska names the codecs by these. RFC 9559 and "Matroska Media Container Codec Specifications".
var matroskaCodecs = map[string]string{
	"avc1": "V_MPEG4/ISO/AVC", "hvc1": "V_MPEGH/ISO/HEVC", "av01": "V_AV1", "vp09": "V_VP9", "vp08": "V_VP8",
	"mp4a": "A_AAC", ".mp3": "A_MPEG/L3", "Opus": "A_OPUS", "fLaC": "A_FLAC", "ac-3": "A_AC3", "ec-3": "A_EAC3",
	"alaw": "A_MS/ACM", "ulaw": "A_MS/ACM",
}

type matroskaTrack struct {
	number uint64
	codec  string
	config []byte
	stereo bool
}

type trackKey struct {
	kind  byte
	track int
}

// Matroska returns an FLV file's media in a Matroska file of the test's own, because Debian's ffmpeg reads Enhanced RTMP in
// Matroska only: the configurations, the frames and their presentation times as they are, each track as a track, those of video
// by their track IDs and then those of audio. Whatever does not fit fails the test: a body that is cut, a codec or a
// configuration that changes.
func Matroska(t testing.TB, flv string) string {
	t.Helper()

	var packets []Packet
	for i, g := range ReadFLV(t, flv) {
		p, err := Packets(g)
		if err != nil {
			t.Fatalf("media: %s: tag %d: %v", flv, i, err)
		}
		packets = append(packets, p...)
	}

	tracks := map[trackKey]*matroskaTrack{}
	for i := range packets {
		p := &packets[i]
		if p.Type == Metadata { // FFmpeg 8.1 sends that of another track as if it was track 0's
			continue
		}
		key := trackKey{p.Kind, p.Track}
		track := tracks[key]
		if track == nil {
			if matroskaCodecs[p.Codec] == "" {
				t.Fatalf("media: %s: track %d has codec %q", flv, p.Track, p.Codec)
			}
			track = &matroskaTrack{codec: p.Codec, stereo: p.Stereo}
			tracks[key] = track
		}
		if track.codec != p.Codec {
			t.Fatalf("media: %s: track %d was %s and is %s", flv, p.Track, track.codec, p.Codec)
		}
		if p.Type != SequenceStart {
			continue
		}
		if track.config != nil && !bytes.Equal(track.config, p.Data) {
			t.Fatalf("media: %s: the configuration of track %d, %x, becomes %x", flv, p.Track, track.config, p.Data)
		}
		track.config = p.Data
	}

	path := filepath.Join(t.TempDir(), filepath.Base(flv)+".mkv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatalf("media: %v", err)
	}
	defer f.Close()
	if err := ebml.Marshal(&matroskaFile{
		Header: webm.EBMLHeader{
			EBMLVersion: 1, EBMLReadVersion: 1, EBMLMaxIDLength: 4, EBMLMaxSizeLength: 8,
			DocType: "matroska", DocTypeVersion: 4, DocTypeReadVersion: 2,
		},
		Segment: matroskaSegment{
			Info: webm.Info{TimecodeScale: uint64(time.Millisecond)}, Tracks: entries(tracks), Cluster: clusters(packets, tracks),
		},
	}, f); err != nil {
		t.Fatalf("media: %s: %v", path, err)
	}

	return path
}

type matroskaFile struct {
	Header  webm.EBMLHeader `ebml:"EBML"`
	Segment matroskaSegment `ebml:"Segment"`
}

type matroskaSegment struct {
	Info    webm.Info      `ebml:"Info"`
	Tracks  webm.Tracks    `ebml:"Tracks"`
	Cluster []webm.Cluster `ebml:"Cluster"`
}

// entries numbers the tracks and describes them.
func entries(tracks map[trackKey]*matroskaTrack) webm.Tracks {
	var all webm.Tracks
	for _, kind := range []byte{TagVideo, TagAudio} {
		for id := range math.MaxUint8 + 1 {
			track := tracks[trackKey{kind, id}]
			if track == nil {
				continue
			}
			track.number = uint64(len(all.TrackEntry) + 1)
			entry := webm.TrackEntry{
				TrackNumber: track.number, TrackUID: track.number, CodecID: matroskaCodecs[track.codec], CodecPrivate: track.private(),
				TrackType: trackVideo, Video: &webm.Video{},
			}
			if kind == TagAudio {
				entry.TrackType, entry.Video, entry.Audio = trackAudio, nil, &webm.Audio{SamplingFrequency: 48000, Channels: 1}
			}
			all.TrackEntry = append(all.TrackEntry, entry)
		}
	}
	return all
}

// private returns what Matroska has for CodecPrivate: mostly the configuration as it is.
func (m *matroskaTrack) private() []byte {
	switch m.codec {
	case "vp09", "vp08": // has another form, and is not needed
		return nil

	case "fLaC":
		// The stream's marker, and STREAMINFO as a metadata block that is the last. RFC 9639, 6 and 8.1. Some publishers send
		// STREAMINFO alone.
		if !bytes.HasPrefix(m.config, []byte("fLaC")) {
			return append([]byte("fLaC\x80\x00\x00\x22"), m.config...)
		}

	case "alaw", "ulaw":
		// WAVEFORMATEX. In FLV G.711 has 8000 Hz.
		const rate = 8000
		format, channels := uint16(6), uint16(1)
		if m.codec == "ulaw" {
			format = 7
		}
		if m.stereo {
			channels = 2
		}
		b := binary.LittleEndian.AppendUint16(nil, format)
		b = binary.LittleEndian.AppendUint16(b, channels)
		b = binary.LittleEndian.AppendUint32(b, rate)
		b = binary.LittleEndian.AppendUint32(b, rate*uint32(channels))
		b = binary.LittleEndian.AppendUint16(b, channels)
		return append(b, 8, 0, 0, 0) // bits of a sample; nothing follows
	}

	return m.config
}

func clusters(packets []Packet, tracks map[trackKey]*matroskaTrack) []webm.Cluster {
	var all []webm.Cluster
	begin := time.Duration(0)

	for _, p := range packets {
		if p.Type != CodedFrames || len(p.Data) == 0 {
			continue
		}
		if len(all) == 0 || p.DTS >= begin+clusterLength {
			begin = p.DTS
			all = append(all, webm.Cluster{Timecode: uint64(begin.Milliseconds())})
		}
		c := &all[len(all)-1]
		c.SimpleBlock = append(c.SimpleBlock, ebml.Block{
			TrackNumber: tracks[trackKey{p.Kind, p.Track}].number, Timecode: int16((p.PTS() - begin).Milliseconds()),
			Keyframe: p.Key, Data: [][]byte{p.Data},
		})
	}

	return all
}
