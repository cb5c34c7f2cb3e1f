package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/source"
)

func TestSourceFields(t *testing.T) {
	field := func(name, value string) SourceField { return SourceField{name, value} }
	for _, c := range []struct {
		path   string
		fields []SourceField
		want   source.Spec
	}{
		{"clip", nil, source.Spec{Path: "clip"}},
		{"a.h264?fps=25", nil, source.Spec{Path: "a.h264", FPS: 25}},
		{"a.h264", []SourceField{field("fps", "29.97"), field("loop", "1")}, source.Spec{Path: "a.h264", FPS: 29.97, Loop: true}},
		{"a?loop=1.h264", []SourceField{field("loop", "0")}, source.Spec{Path: "a?loop=1.h264"}},
		{"rtp://h:1", []SourceField{field("codec", "h264"), field("a b", "c&d=e")}, source.Spec{Path: "rtp://h:1?codec=h264&a+b=c%26d%3De"}},
		{"RTP://h:1?codec=h264", []SourceField{field("payload", "96")}, source.Spec{Path: "RTP://h:1?codec=h264&payload=96"}},
	} {
		got, err := specOf(c.path, c.fields)
		require.NoError(t, err, c.path)
		require.Equal(t, c.want, got)
	}
	for _, c := range []struct {
		path  string
		field SourceField
		why   string
	}{
		{"a.flv", field("loop", "secret"), "loop"},
		{"a.flv", field("fps", "secret"), "fps"},
		{"a.flv", field("fps", "0"), "fps"},
		{"a.flv", field("fps", "-1"), "fps"},
		{"a.flv", field("fps", "NaN"), "fps"},
		{"a.flv", field("speed", "secret"), `unknown parameter "speed"`},
		{"a.flv", field("", "secret"), "unknown parameter"},
		{"a.sdp", field("loop", "1"), "SDP"},
	} {
		_, err := specOf(c.path, []SourceField{c.field})
		require.ErrorIs(t, err, source.ErrBadSpec)
		require.ErrorContains(t, err, c.why)
		require.NotContains(t, err.Error(), "secret")
	}
}
