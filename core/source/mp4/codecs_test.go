package mp4

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
	"luatrtmp/core/source/mediatest"
)

// A sample entry without its configuration box is no obstacle for codecs whose media have it.
func TestMP4ConfigFromTheMedia(t *testing.T) {
	for name, typ := range map[string]string{"av1.mp4": "av1C", "vp9.mp4": "vpcC"} {
		file := mediatest.File(t, name)
		require.Equal(t, 1, bytes.Count(file, []byte(typ)))
		m, err := Open(mediatest.Memory(bytes.Replace(file, []byte(typ), []byte("free"), 1)))
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, m)
		require.NoError(t, err)
		want, err := Open(mediatest.Memory(file))
		require.NoError(t, err)
		all, err := mediatest.ReadAll(t, want)
		require.NoError(t, err)
		require.Equal(t, mediatest.Times(all), mediatest.Times(units))
		require.Equal(t, all[0].Config[:4], units[0].Config[:4])
		require.Equal(t, want.Info().Video.Width, m.Info().Video.Width)
	}
}

// What cannot be sent is named, and the rest is sent.
func TestMP4SendsTheRest(t *testing.T) {
	file := mediatest.File(t, "bframes.mp4")
	for typ, kind := range map[string]flv.Kind{"avc1": flv.Audio, "mp4a": flv.Video} {
		at := bytes.LastIndex(file, []byte(typ)) // ftyp has such a name too
		other := append(append(bytes.Clone(file[:at]), "alac"...), file[at+4:]...)
		m, err := Open(mediatest.Memory(other))
		require.NoError(t, err)
		units, err := mediatest.ReadAll(t, m)
		require.NoError(t, err)
		require.Len(t, mediatest.Of(units, kind), len(units))
		require.Len(t, m.Info().Skipped, 1)
		require.Contains(t, m.Info().Skipped[0], "alac (alac)")
	}
}
