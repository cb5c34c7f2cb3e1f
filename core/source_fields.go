package core

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"luatrtmp/core/source"
	"luatrtmp/internal/brief"
)

// SourceField is a parameter of a source, as it stands in a spec behind the '?': loop or fps of a file, or any of an RTP URL.
type SourceField struct{ Name, Value string }

// specOf returns the spec of a source. Without fields the path may have parameters; with fields it is taken as it is. Errors repeat no
// value: it may be a password or a token.
func specOf(path string, fields []SourceField) (source.Spec, error) {
	if len(fields) == 0 {
		return source.ParseSpec(path)
	}
	spec := source.Spec{Path: path}
	if spec.Live() {
		if !strings.Contains(path, "://") {
			return source.Spec{}, fmt.Errorf("%w: an SDP file takes no parameters", source.ErrBadSpec)
		}
		return source.Spec{Path: withQuery(path, fields)}, nil
	}
	for _, f := range fields {
		var err error
		switch f.Name {
		case "loop":
			if spec.Loop, err = strconv.ParseBool(f.Value); err != nil {
				return source.Spec{}, fmt.Errorf("%w: parameter loop: expected 1 or 0", source.ErrBadSpec)
			}
		case "fps":
			// What is too much is for the source itself to say; 0 would mean that the media knows.
			if spec.FPS, err = strconv.ParseFloat(f.Value, 64); err != nil || !(spec.FPS > 0) {
				return source.Spec{}, fmt.Errorf("%w: parameter fps: expected a frame rate above 0", source.ErrBadSpec)
			}
		default:
			return source.Spec{}, fmt.Errorf("%w: unknown parameter %q, expected loop or fps", source.ErrBadSpec, brief.Text(f.Name))
		}
	}
	return spec, nil
}

// withQuery returns a URL with more parameters.
func withQuery(to string, fields []SourceField) string {
	var b strings.Builder
	b.WriteString(to)
	joint := byte('?')
	if strings.Contains(to, "?") {
		joint = '&'
	}
	for _, f := range fields {
		b.WriteByte(joint)
		b.WriteString(url.QueryEscape(f.Name) + "=" + url.QueryEscape(f.Value))
		joint = '&'
	}
	return b.String()
}
