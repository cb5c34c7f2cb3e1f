package mediatest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/stretchr/testify/require"
)

// WithSubLayerLevel returns an SPS of HEVC with several sub-layers, the first of which has an own level.
func WithSubLayerLevel(t *testing.T, sps []byte) []byte {
	t.Helper()
	var bits strings.Builder
	for _, b := range h264.EmulationPreventionRemove(sps) {
		fmt.Fprintf(&bits, "%08b", b)
	}
	const flags = 16 + 8 + 96 // NAL unit header, ids, profile_tier_level
	text := bits.String()
	require.NotEqual(t, "000", text[20:23], "one sub-layer")
	require.Equal(t, strings.Repeat("0", 16), text[flags:flags+16])
	text = text[:flags] + "01" + text[flags+2:flags+16] + "00111100" + text[flags+16:]
	var out []byte
	for zeros := 0; len(text) >= 8; text = text[8:] {
		var b byte
		fmt.Sscanf(text[:8], "%b", &b)
		if zeros == 2 && b <= 3 {
			out, zeros = append(out, 3), 0
		}
		out = append(out, b)
		if zeros++; b != 0 {
			zeros = 0
		}
	}
	return out
}
