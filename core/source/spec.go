package source

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"luatrtmp/core/source/media"
	"luatrtmp/internal/brief"
)

// The specs that are no paths.
const (
	Clip = "clip" // the built-in clip
	None = "none" // no source
)

// Spec says what to open.
type Spec struct {
	Path string  // Clip, None, the path of a file, or the URL of a live source
	Loop bool    // start again at the end, for ever; the clip always does
	FPS  float64 // frames per second of raw H.264 and HEVC, which have no times; 0: from the media

	// Warn is called with what is wrong with a file that is read all the same, in words for a log that name the file. It may be nil. It
	// is called by the goroutine that opens or reads the source, at most maxWarnings times, never twice with the same text.
	Warn func(text string)
}

// ParseSpec reads a spec in its string form: "clip", "none", a path, or a path with parameters such as "path?loop=1&fps=30". Parameters are
// loop (1, 0, true, false) and fps (a number, or a fraction such as 30000/1001). A file whose name contains the '?' is taken as it is. What begins with
// "rtp://" is a URL as rtp.ParseURL reads it; a file whose name ends in ".sdp" takes no parameters. Errors wrap ErrBadSpec,
// and repeat no value of a parameter: it may be a password or a token.
func ParseSpec(s string) (Spec, error) {
	if isLive(s) {
		return Spec{Path: s}, nil
	}
	path, params, found := s, "", false
	if i := strings.LastIndexByte(s, '?'); i >= 0 && !isFile(s) {
		path, params, found = s[:i], s[i+1:], true
	}
	if err := checkPath(path); err != nil {
		return Spec{}, err
	}
	spec := Spec{Path: path}
	switch {
	case path == "":
		return Spec{}, fmt.Errorf("%w: the path is empty", ErrBadSpec)
	case found && spec.Live():
		return Spec{}, fmt.Errorf("%w %q: an SDP file takes no parameters", ErrBadSpec, shownPath(path))
	case found:
		if err := spec.setParams(params); err != nil {
			return Spec{}, fmt.Errorf("%w %q: %w", ErrBadSpec, shownPath(path), err)
		}
	}
	return spec, nil
}

func (spec *Spec) setParams(params string) error {
	for _, param := range strings.Split(params, "&") {
		name, escaped, _ := strings.Cut(param, "=")
		value, err := url.QueryUnescape(escaped)
		switch {
		case name != "loop" && name != "fps":
			if strings.Trim(escaped, "=") == "" { // it may be a token alone, and base64 ends in '='
				return errors.New("expected parameters as in loop=1 or fps=25 behind the '?'")
			}
			return fmt.Errorf("unknown parameter %q, expected loop or fps", brief.Text(name))
		case err != nil:
			return fmt.Errorf("parameter %s: wrong percent-encoding", name)
		}
		switch name {
		case "loop":
			if spec.Loop, err = strconv.ParseBool(value); err != nil {
				return errors.New("parameter loop: expected 1 or 0")
			}
		case "fps":
			if spec.FPS, err = parseFPS(value); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseFPS(value string) (float64, error) {
	num, den, fraction := strings.Cut(value, "/")
	fps, err := strconv.ParseFloat(num, 64)
	if err == nil && fraction {
		var d float64
		if d, err = strconv.ParseFloat(den, 64); err == nil {
			fps /= d
		}
	}
	if err != nil || !validFPS(fps) {
		return 0, fmt.Errorf("parameter fps: expected a frame rate above 0, at most %d", media.MaxFPS)
	}
	return fps, nil
}

// validFPS is also false for NaN.
func validFPS(fps float64) bool { return fps >= 0.001 && fps <= media.MaxFPS }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// shownPath returns a path for messages. The name of a file is shown as it is. What is no file but looks like a URL or like a path with
// parameters is shown without what may be a password or a token.
func shownPath(path string) string {
	if isFile(path) {
		return brief.Text(path)
	}
	path, _, cut := strings.Cut(path, "?")
	if scheme, rest, ok := strings.Cut(path, "://"); ok {
		if end := strings.LastIndexByte(rest, '@'); end >= 0 {
			path = scheme + "://...@" + rest[end+1:]
		}
	}
	if cut {
		path += "?..."
	}
	return brief.Text(path)
}
