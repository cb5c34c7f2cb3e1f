package codecs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/Eyevinn/mp4ff/mp4"
	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
)

// ffmpeg reads VP8 in MP4, and does not write it: both forms of MP4 are made here.

const vp8Clock = 25000

// vp8Track returns ftyp and moov of a file with one track of VP8, and its frames.
func vp8Track(t testing.TB, base string) (*mp4.InitSegment, [][]byte) {
	t.Helper()
	var frames [][]byte
	s, err := source.Open(source.Spec{Path: base})
	require.NoError(t, err)
	defer s.Close()
	for {
		u, err := s.Next()
		if err != nil {
			break
		}
		frames = append(frames, bytes.Clone(u.Data))
	}
	video := s.Info().Video
	file := mp4.CreateEmptyInit()
	file.AddEmptyTrack(vp8Clock, "video", "en")
	config := &mp4.VppCBox{Version: 1, BitDepth: 8, ColourPrimaries: 2, TransferCharacteristics: 2, MatrixCoefficients: 2}
	file.Moov.Trak.Mdia.Minf.Stbl.Stsd.AddChild(mp4.CreateVisualSampleEntryBox("vp08", uint16(video.Width), uint16(video.Height), config))
	return file, frames
}

func vp8MP4(t testing.TB, base string) string {
	t.Helper()
	file, frames := vp8Track(t, base)
	file.Moov.Children = slices.DeleteFunc(file.Moov.Children, func(b mp4.Box) bool { return b.Type() == "mvex" })
	table := file.Moov.Trak.Mdia.Minf.Stbl
	table.Stts.SampleCount, table.Stts.SampleTimeDelta = []uint32{uint32(len(frames))}, []uint32{vp8Clock / 25}
	for _, f := range frames {
		table.Stsz.SampleSize = append(table.Stsz.SampleSize, uint32(len(f)))
	}
	table.Stsz.SampleNumber = uint32(len(frames))
	require.NoError(t, table.Stsc.AddEntry(1, uint32(len(frames)), 1))
	table.Stco.ChunkOffset = []uint32{0}
	mdat := &mp4.MdatBox{Data: bytes.Join(frames, nil)}
	table.Stco.ChunkOffset[0] = uint32(file.Size() + 8)
	var b bytes.Buffer
	require.NoError(t, file.Encode(&b))
	require.NoError(t, mdat.Encode(&b))
	return write(t, b.Bytes())
}

func vp8Fragmented(t testing.TB, base string) string {
	t.Helper()
	file, frames := vp8Track(t, base)
	var b bytes.Buffer
	require.NoError(t, file.Encode(&b))
	for i, frame := range frames {
		fragment, err := mp4.CreateFragment(uint32(i+1), 1)
		require.NoError(t, err)
		flags := mp4.NonSyncSampleFlags
		if i == 0 {
			flags = mp4.SyncSampleFlags
		}
		fragment.AddFullSample(mp4.FullSample{
			Sample:     mp4.Sample{Flags: flags, Dur: vp8Clock / 25, Size: uint32(len(frame))},
			DecodeTime: uint64(i) * vp8Clock / 25, Data: frame,
		})
		require.NoError(t, fragment.Encode(&b))
	}
	return write(t, b.Bytes())
}

func write(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vp8.mp4")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	return path
}
