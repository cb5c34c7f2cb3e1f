package media

import (
	"errors"
	"fmt"

	"luatrtmp/internal/brief"
)

// Errors of all readers. They come wrapped, with place and numbers in the text.
var (
	ErrUnsupported = errors.New("not supported by this version")
	ErrBadMedia    = errors.New("bad media file")
	ErrTruncated   = errors.New("file is truncated")
)

// Advice is what to do about media that cannot be sent.
const (
	VideoAdvice = "convert with: ffmpeg -i IN -c:v libx264 -c:a aac OUT.mp4"
	audioAdvice = "convert with: ffmpeg -i IN -c:v copy -c:a aac OUT.mp4"
	SoundAdvice = "convert with: ffmpeg -i IN -c:a aac OUT.m4a"
	G711Advice  = "convert with: ffmpeg -i IN -ar 8000 -ac 1 -c:a pcm_alaw OUT.wav"
	StillAdvice = "make a video of it with: ffmpeg -loop 1 -i IN -t 10 -vf scale=1280:-2 -pix_fmt yuv420p -c:v libx264 OUT.mp4"
	FLACAdvice  = "repack with: ffmpeg -i IN -c copy OUT.oga"
	ListAdvice  = "it is a list of files; fetch them with: ffmpeg -i IN -c copy OUT.mp4"
)

// NothingToSend returns the error of a file of which nothing can be sent. names says what is in it, of which the first few are shown.
func NothingToSend(names []string, fault error) error {
	return fmt.Errorf("nothing can be sent: %s: %w; %s", brief.Join(names), fault, VideoAdvice)
}
