package source

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/flv"
)

// A sample entry without its configuration box is no obstacle for codecs whose media have it.
func TestMP4ConfigFromTheMedia(t *testing.T) {
	for name, typ := range map[string]string{"av1.mp4": "av1C", "vp9.mp4": "vpcC"} {
		file := testFile(t, name)
		require.Equal(t, 1, bytes.Count(file, []byte(typ)))
		m, err := openMP4(memory(bytes.Replace(file, []byte(typ), []byte("free"), 1)))
		require.NoError(t, err)
		units, err := readAll(t, m)
		require.NoError(t, err)
		want := openData(t, name)
		all, err := readAll(t, want)
		require.NoError(t, err)
		require.Equal(t, times(all), times(units))
		require.Equal(t, all[0].config[:4], units[0].config[:4])
		require.Equal(t, want.Info().Video.Width, m.Info().Video.Width)
	}
}

// What cannot be sent is named, and the rest is sent.
func TestMP4SendsTheRest(t *testing.T) {
	file := testFile(t, "bframes.mp4")
	for typ, kind := range map[string]flv.Kind{"avc1": flv.Audio, "mp4a": flv.Video} {
		at := bytes.LastIndex(file, []byte(typ)) // ftyp has such a name too
		other := append(append(bytes.Clone(file[:at]), "alac"...), file[at+4:]...)
		m, err := openMP4(memory(other))
		require.NoError(t, err)
		units, err := readAll(t, m)
		require.NoError(t, err)
		require.Len(t, of(units, kind), len(units))
		require.Len(t, m.Info().Skipped, 1)
		require.Contains(t, m.Info().Skipped[0], "alac (alac)")
	}
}
