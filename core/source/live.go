package source

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"luatrtmp/core/source/rtp"
)

// maxSDP bounds the size of an SDP file; usual ones have less than 2 kB.
const maxSDP = 64 << 10

// Live reports whether a source is received and not read: "rtp://..." and SDP files. Describe, and not
// Open, is for them.
func (spec Spec) Live() bool { return isLive(spec.Path) }

func isLive(path string) bool {
	return len(path) >= len(rtp.Scheme) && strings.EqualFold(path[:len(rtp.Scheme)], rtp.Scheme) || strings.EqualFold(filepath.Ext(path), ".sdp")
}

// Describe returns what a live source says of what is to be received. The error wraps ErrBadSpec.
func Describe(spec Spec) (*rtp.Description, error) {
	if !strings.EqualFold(filepath.Ext(spec.Path), ".sdp") {
		d, err := rtp.ParseURL(spec.Path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBadSpec, err)
		}
		return d, nil
	}
	if err := checkPath(spec.Path); err != nil {
		return nil, err
	}
	text, err := readSDP(spec.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownPath(spec.Path), err)
	}
	d, err := rtp.ParseSDP(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBadSpec, shownPath(spec.Path), err)
	}
	return d, nil
}

func readSDP(path string) ([]byte, error) {
	in, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.Size > maxSDP {
		return nil, fmt.Errorf("%w: %d bytes, an SDP file has at most %d", ErrBadSpec, in.Size, maxSDP)
	}
	text := make([]byte, in.Size)
	if _, err := in.ReadAt(text, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return text, nil
}
