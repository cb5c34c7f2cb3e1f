package core

import (
	"testing"

	"luatrtmp/core/flv"
	"luatrtmp/core/options"
)

// FuzzFrames pushes a frame of whatever codec and track after good ones: what is sent can be read, and what is known of the
// tracks stays good.
func FuzzFrames(f *testing.F) {
	for _, frame := range [][]byte{keyFrame, hevcKey, av1Key, vp9Key, vp8Key} {
		f.Add(frame, []byte(nil), uint8(0), uint8(0))
	}
	f.Add(annexB(hevcIDR), hevcRecord, uint8(flv.HEVC), uint8(1))
	f.Add(adts, []byte(nil), uint8(flv.AAC), uint8(0))
	f.Add(opusFrame, opusHead, uint8(flv.Opus), uint8(255))
	f.Add([]byte{0xFF, 0xF8, 0xC9, 8, 0, 0}, flacHead, uint8(flv.FLAC), uint8(0))
	f.Add(mp3Frame, []byte(nil), uint8(flv.MP3), uint8(2))
	f.Add([]byte("\x95\x01mp4a\x03\x21"), []byte(nil), uint8(100), uint8(0))
	f.Fuzz(func(t *testing.T, data, config []byte, codec, track uint8) {
		m, w := attachedTo(func(o *options.Options) { o.SilentAudio = true })
		frame := Frame{Codec: flv.Codec(codec).String(), Track: int(track), Config: config}
		if codec == 0 || codec >= 100 {
			frame.Codec = ""
		}
		m.sendVideoFrame(keyFrame, 0, Frame{})
		m.sendVideoFrame(data, 20, frame)
		m.sendAudioFrame(data, 20, frame)
		m.sendAudioBody(data, 40)
		m.sendNALUs([][]byte{data, config}, 60)
		m.sendVideoFrame(hevcKey, 2000, Frame{Codec: "hevc", Track: 3})
		m.describe()
		m.detach()
		lines, _ := onWire(t, w)
		seen := false
		for _, line := range lines {
			seen = seen || line == "2000 video 3 hevc key" || line == "1980 video 3 hevc key"
		}
		if !seen {
			t.Fatal("a good frame is not sent:", lines)
		}
	})
}
