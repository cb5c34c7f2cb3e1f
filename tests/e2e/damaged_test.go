package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/tests/internal/repo"
	"luatrtmp/tests/media"
	"luatrtmp/tests/peers"
)

// NAL units that say of themselves that they are damaged (forbidden_zero_bit) are left out: a decoder makes the same pictures of what the
// server got as of the file.
func TestDamagedNALUnits(t *testing.T) {
	t.Parallel()
	file := filepath.Join(repo.Root(t), "core", "source", "testdata", "bframes.h264")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	slices, damaged := 0, 0
	for at := bytes.Index(data, []byte{0, 0, 1}); at >= 0; {
		at += 3
		if typ := data[at] & 0x1F; typ == 1 || typ == 5 {
			if slices++; slices == 5 || slices == 20 {
				data[at] |= 0x80
				damaged++
			}
		}
		next := bytes.Index(data[at:], []byte{0, 0, 1})
		if next < 0 {
			break
		}
		at += next
	}
	require.Equal(t, 2, damaged)
	path := filepath.Join(t.TempDir(), "damaged.h264")
	require.NoError(t, os.WriteFile(path, data, 0o600))

	receiver := peers.StartReceiver(t)
	run := start(t, "publish.lua", receiver.URL("live", "damaged"), "source="+path)
	<-run.done
	require.NoError(t, run.err)
	require.Equal(t, endsWell, run.sequence("1"))
	require.Equal(t, slices-damaged, run.stat("1", "video_frames_sent"))
	want, got := media.FrameMD5(t, path), media.FrameMD5(t, receiver.Recording("damaged"))
	require.Equal(t, len(want.Video.Decoded), len(got.Video.Decoded))
	for i := range want.Video.Decoded {
		require.Equal(t, want.Video.Decoded[i].MD5, got.Video.Decoded[i].MD5, "picture %d", i)
	}
}
