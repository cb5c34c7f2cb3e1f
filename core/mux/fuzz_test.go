package mux

import (
	"testing"

	"luatrtmp/core/coretest"
	"luatrtmp/core/flv"
)

// FuzzFrames pushes a frame of whatever codec and track after good ones: what is sent can be read,
// and what is known of the tracks stays good.
func FuzzFrames(f *testing.F) {
	for _, frame := range [][]byte{coretest.KeyFrame, coretest.HEVCKey, coretest.AV1Key, coretest.VP9Key, coretest.VP8Key} {
		f.Add(frame, []byte(nil), uint8(0), uint8(0))
	}
	f.Add(coretest.AnnexB(coretest.HEVCIDR), coretest.HEVCRecord, uint8(flv.HEVC), uint8(1))
	f.Add(coretest.ADTS, []byte(nil), uint8(flv.AAC), uint8(0))
	f.Add(coretest.OpusFrame, coretest.OpusHead, uint8(flv.Opus), uint8(255))
	f.Add([]byte{0xFF, 0xF8, 0xC9, 8, 0, 0}, coretest.FLACHead, uint8(flv.FLAC), uint8(0))
	f.Add(coretest.MP3Frame, []byte(nil), uint8(flv.MP3), uint8(2))
	f.Add([]byte("\x95\x01mp4a\x03\x21"), []byte(nil), uint8(100), uint8(0))
	f.Fuzz(func(t *testing.T, data, config []byte, codec, track uint8) {
		m, w := attachedTo(func(d *Destination) { d.Wants.SilentAudio = true })
		frame := Frame{Codec: flv.Codec(codec).String(), Track: int(track), Config: config}
		if codec == 0 || codec >= 100 {
			frame.Codec = ""
		}
		m.SendVideoFrame(coretest.KeyFrame, 0, Frame{})
		m.SendVideoFrame(data, 20, frame)
		m.SendAudioFrame(data, 20, frame)
		m.SendAudioBody(data, 40)
		m.SendNALUs([][]byte{data, config}, 60)
		m.SendVideoFrame(coretest.HEVCKey, 2000, Frame{Codec: "hevc", Track: 3})
		m.Describe()
		m.Detach()
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
