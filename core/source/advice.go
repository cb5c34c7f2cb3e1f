package source

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// liveAdvice is what to do about a source that comes over the network in a way that is not read here.
const liveAdvice = "let ffmpeg receive it, and set the source to rtp://127.0.0.1:5004?codec=h264: " +
	"ffmpeg -i URL -map 0:v -c:v copy -f rtp rtp://127.0.0.1:5004"

// checkPath returns an error for what is no path of a file but looks like another address that people
// try: a URL of a scheme that is not read, a file:// URL, a path that begins with the shell's ~. A
// file of that very name is read all the same.
func checkPath(path string) error {
	if isFile(path) {
		return nil
	}
	shown := shownPath(path)
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		return fmt.Errorf("%w: %s: the ~ is the shell's, and is not replaced here; write %s", ErrBadSpec, shown, homePath(rest))
	}
	scheme, rest, ok := strings.Cut(path, "://")
	if name, local, cut := strings.Cut(path, ":/"); cut && !ok && strings.EqualFold(name, "file") { // RFC 8089 has this form, too
		scheme, rest, ok = name, "/"+local, true
	}
	if !ok || !isScheme(scheme) {
		return nil
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "file":
		return fmt.Errorf("%w: %s: file:// URLs are not read; write the path alone%s", ErrBadSpec, shown, filePath(rest))
	case "http", "https", "ftp", "sftp":
		return fmt.Errorf("%w: %s: the scheme %s:// is not read, only rtp:// and the paths of files; fetch a file with: "+
			"ffmpeg -i URL -c copy OUT.mp4; if it is live, %s", ErrBadSpec, shown, scheme, liveAdvice)
	}
	return fmt.Errorf("%w: %s: the scheme %s:// is not read, only rtp:// and the paths of files; %s", ErrBadSpec, shown, scheme, liveAdvice)
}

// isScheme reports whether s may be the scheme of a URL. RFC 3986, 3.1.
func isScheme(s string) bool {
	const letters, others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789+-."
	return s != "" && len(s) <= 16 && strings.Contains(letters, s[:1]) && strings.Trim(s, letters+others) == ""
}

// homePath returns what a shell makes of "~" and rest, or describes it where that is not known here.
func homePath(rest string) string {
	rest, _, _ = strings.Cut(rest, "?")
	home, err := os.UserHomeDir()
	if err != nil || rest != "" && rest[0] != '/' { // ~name is the home of another user
		return "the whole path, as in /home/NAME/clip.mp4"
	}
	return shownPath(filepath.Join(home, rest))
}

// filePath returns the path of a file:// URL as advice, nothing if it has none on this machine. RFC 8089.
func filePath(rest string) string {
	rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "localhost"), "?")
	path, err := url.PathUnescape(rest)
	if err != nil || !strings.HasPrefix(path, "/") {
		return ""
	}
	return ": " + shownPath(path)
}

// describeType names what a path leads to that is no regular file, with what to do about it.
func describeType(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "it is a named pipe, no regular file; write a file, or send RTP and set the source to rtp://127.0.0.1:5004?codec=h264"
	case mode&fs.ModeSocket != 0:
		return "it is a socket, no regular file"
	case mode&fs.ModeCharDevice != 0:
		return "it is a device, no regular file; let ffmpeg read a camera, and set the source to rtp://127.0.0.1:5004?codec=h264: " +
			"ffmpeg -f v4l2 -i DEVICE -c:v libx264 -tune zerolatency -pix_fmt yuv420p -f rtp rtp://127.0.0.1:5004"
	}
	return fmt.Sprintf("it is no regular file (%v)", mode.Type())
}
