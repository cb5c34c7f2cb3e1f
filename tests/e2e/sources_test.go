package e2e_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
)

// clipPeriod is how long the built-in clip is, and clipRounds more rounds of it than any test publishes.
const (
	clipPeriod = 3840 * time.Millisecond
	clipRounds = 6
)

func clipFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(repo.Root(t), "core", "source", "clip.flv")
}

var (
	framesMutex sync.Mutex
	framesKnown = map[string]*media.Frames{}
)

// frames returns what a file holds; each file is decoded once.
func frames(t testing.TB, file string) *media.Frames {
	t.Helper()
	framesMutex.Lock()
	defer framesMutex.Unlock()

	if framesKnown[file] == nil {
		f := media.FrameMD5(t, file)
		require.Empty(t, f.Complaints)
		framesKnown[file] = f
	}

	return framesKnown[file]
}

// clipFrames returns the built-in clip, played again and again.
func clipFrames(t testing.TB) *media.Frames {
	t.Helper()
	return frames(t, clipFile(t)).Repeat(clipRounds, clipPeriod)
}

// annexBFrames returns what media.AnnexB holds; a byte stream has no times, and this one 25 pictures a second.
func annexBFrames(t testing.TB) *media.Frames {
	t.Helper()

	return at25(frames(t, media.AnnexB(t)))
}

// at25 returns frames with the times that 25 pictures a second have.
func at25(f *media.Frames) *media.Frames {
	f = f.Repeat(1, 0)
	for i := range f.Video.Decoded {
		f.Video.Decoded[i].PTS = time.Duration(i) * 40 * time.Millisecond
	}

	return f
}

// cameraFrames returns media.AnnexB and media.ADTS as one, both from 0 on.
func cameraFrames(t testing.TB) *media.Frames {
	t.Helper()

	f := annexBFrames(t)
	f.Audio = frames(t, rawADTS(t)).Repeat(1, 0).Audio

	return f
}

// rawADTS returns the audio of media.ADTS in FLV, where packets have no ADTS headers.
func rawADTS(t testing.TB) string {
	t.Helper()
	return media.Make(t, ".flv", "-i", media.ADTS(t), "-c", "copy", "-bsf:a", "aac_adtstoasc")
}

// bFramesFLV returns the media of media.MP4 in FLV, where composition times put the pictures in order.
func bFramesFLV(t testing.TB) string {
	t.Helper()
	return media.Make(t, ".flv", "-i", media.MP4(t), "-c", "copy")
}

// pushFile makes the file that push.lua reads of an FLV file: pictures in Annex B form with their parameter sets in front of
// key frames, and AAC in ADTS.
func pushFile(t testing.TB, flv string) string {
	t.Helper()

	var (
		sps, pps []byte
		asc      mpeg4audio.AudioSpecificConfig
		data     []byte
	)
	for _, g := range readFLV(t, flv) {
		switch {
		case g.kind == tagVideo && g.sequenceHeader():
			sps, pps = parameterSets(t, g.body[5:])
		case g.kind == tagAudio && g.sequenceHeader():
			require.NoError(t, asc.Unmarshal(g.body[2:]))
		case g.kind == tagVideo && g.body[1] == 1:
			var nalus h264.AVCC
			require.NoError(t, nalus.Unmarshal(g.body[5:]))
			if g.key() {
				nalus = append(h264.AVCC{sps, pps}, nalus...)
			}
			au, err := h264.AnnexB(nalus).Marshal()
			require.NoError(t, err)
			composition := int32(binary.BigEndian.Uint32(g.body[1:])<<8) >> 8
			data = appendRecord(data, 'V', g.ms, composition, au)
		case g.kind == tagAudio:
			adts, err := mpeg4audio.ADTSPackets{{
				Type: asc.Type, SampleRate: asc.SampleRate, ChannelCount: asc.ChannelCount, AU: g.body[2:],
			}}.Marshal()
			require.NoError(t, err)
			data = appendRecord(data, 'A', g.ms, 0, adts)
		}
	}

	file := filepath.Join(t.TempDir(), "frames")
	require.NoError(t, os.WriteFile(file, data, 0o600))

	return file
}

func appendRecord(data []byte, kind byte, dts uint32, composition int32, frame []byte) []byte {
	data = append(data, kind)
	data = binary.LittleEndian.AppendUint32(data, dts)
	data = binary.LittleEndian.AppendUint32(data, uint32(composition))
	data = binary.LittleEndian.AppendUint32(data, uint32(len(frame)))

	return append(data, frame...)
}

// parameterSets returns the SPS and the PPS of an AVCDecoderConfigurationRecord that has one of each.
// ISO/IEC 14496-15, 5.2.4.1.
func parameterSets(t testing.TB, record []byte) (sps, pps []byte) {
	t.Helper()

	const head = 5 // then the number of SPS
	require.Equal(t, byte(1), record[head]&0x1F)
	n := int(binary.BigEndian.Uint16(record[head+1:]))
	sps = record[head+3 : head+3+n]

	record = record[head+3+n:]
	require.Equal(t, byte(1), record[0])
	n = int(binary.BigEndian.Uint16(record[1:]))

	return sps, record[3 : 3+n]
}
