package media

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"time"
)

// Tag types of FLV, the same numbers as RTMP's message types. FLV 10.1, E.4.1.
const (
	TagAudio = 8
	TagVideo = 9
	TagData  = 18
)

const (
	flvHeaderSize = 9 + 4 // and PreviousTagSize0
	tagHeaderSize = 11
	tagTrailer    = 4 // PreviousTagSize
)

// Tag is one FLV tag without its header.
type Tag struct {
	Type byte
	MS   uint32 // timestamp in ms
	Body []byte
}

// ReadFLV returns the tags of a file. A file that is cut or is no FLV fails the test.
func ReadFLV(t testing.TB, file string) []Tag {
	t.Helper()

	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("media: %v", err)
	}
	if len(data) < flvHeaderSize || string(data[:3]) != "FLV" {
		t.Fatalf("media: %s is no FLV file", file)
	}

	var tags []Tag
	for data = data[flvHeaderSize:]; len(data) > 0; {
		if len(data) < tagHeaderSize {
			t.Fatalf("media: %s is cut in the header of tag %d", file, len(tags))
		}
		size := int(binary.BigEndian.Uint32(data) & 0xFFFFFF)
		ms := binary.BigEndian.Uint32(data[4:])
		if len(data) < tagHeaderSize+size+tagTrailer {
			t.Fatalf("media: %s is cut in tag %d", file, len(tags))
		}
		tags = append(tags, Tag{data[0], ms>>8 | ms<<24, data[tagHeaderSize : tagHeaderSize+size]})
		data = data[tagHeaderSize+size+tagTrailer:]
	}

	return tags
}

// WriteFLV writes tags into a file.
func WriteFLV(t testing.TB, path string, tags []Tag) {
	t.Helper()

	data := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
	for _, g := range tags {
		data = binary.BigEndian.AppendUint32(data, uint32(g.Type)<<24|uint32(len(g.Body)))
		data = binary.BigEndian.AppendUint32(data, g.MS<<8|g.MS>>24)
		data = append(append(data, 0, 0, 0), g.Body...) // the stream ID
		data = binary.BigEndian.AppendUint32(data, uint32(tagHeaderSize+len(g.Body)))
	}

	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatalf("media: %v", err)
	}
}

// PacketType is what a packet is for. The values are those of Enhanced RTMP; older forms are given the same.
type PacketType byte

// The packet types that are told apart. Enhanced RTMP v2, "ExVideoTagHeader" and "ExAudioTagHeader".
const (
	SequenceStart      PacketType = 0
	CodedFrames        PacketType = 1
	SequenceEnd        PacketType = 2
	CodedFramesX       PacketType = 3
	Metadata           PacketType = 4 // MultichannelConfig in audio
	Mpeg2TSSequence    PacketType = 5
	multitrackVideo    PacketType = 6
	multitrackAudio    PacketType = 5
	modEx              PacketType = 7
	maxModExDataLength            = 256 // from here on the length is in 16 bits
)

// Packet is one track's part of an FLV audio or video tag, in the form before Enhanced RTMP or in that of its versions 1 and 2.
type Packet struct {
	Kind        byte // TagAudio or TagVideo
	Type        PacketType
	Codec       string // the FourCC; of the older forms, which have none: avc1, hvc1, mp4a, .mp3, alaw, ulaw
	Legacy      bool   // an older form
	Track       int
	Multitrack  bool // in a multitrack form, which track 0 may be too
	Key         bool
	Stereo      bool // as the older form of audio says
	DTS         time.Duration
	Composition time.Duration // added to DTS it is the presentation time
	Nanoseconds int           // of ModEx, part of the presentation time
	Data        []byte        // a configuration record or a frame
}

// Packets takes a tag apart. Data tags have no packets.
func Packets(g Tag) ([]Packet, error) {
	if g.Type != TagAudio && g.Type != TagVideo {
		return nil, nil
	}
	if len(g.Body) == 0 {
		return nil, fmt.Errorf("a tag of type %d is empty", g.Type)
	}

	p := Packet{Kind: g.Type, DTS: time.Duration(g.MS) * time.Millisecond}
	switch first := g.Body[0]; {
	case g.Type == TagVideo && first&0x80 != 0:
		p.Key = first>>4&7 == 1
		p.Type = PacketType(first & 0xF)
		return enhanced(p, g.Body[1:], multitrackVideo)
	case g.Type == TagAudio && first>>4 == 9:
		p.Key = true
		p.Type = PacketType(first & 0xF)
		return enhanced(p, g.Body[1:], multitrackAudio)
	case g.Type == TagVideo:
		return legacyVideo(p, g.Body)
	}
	return legacyAudio(p, g.Body)
}

// FLV 10.1, E.4.3.1: frame type and codec; then packet type and signed composition time, and so for HEVC as number 12.
func legacyVideo(p Packet, body []byte) ([]Packet, error) {
	const head = 5

	codecs := map[byte]string{7: "avc1", 12: "hvc1"}
	p.Legacy, p.Codec, p.Key = true, codecs[body[0]&0xF], body[0]>>4 == 1
	if p.Codec == "" {
		return nil, fmt.Errorf("video codec %d is not known here", body[0]&0xF)
	}
	if len(body) < head {
		return nil, fmt.Errorf("a video tag of %d bytes", len(body))
	}
	p.Type, p.Composition, p.Data = PacketType(body[1]), composition(body[2:]), body[head:]

	return []Packet{p}, nil
}

// FLV 10.1, E.4.2.1: sound format; then for AAC a packet type.
func legacyAudio(p Packet, body []byte) ([]Packet, error) {
	codecs := map[byte]string{2: ".mp3", 7: "alaw", 8: "ulaw", 10: "mp4a"}
	p.Legacy, p.Codec, p.Key, p.Stereo, p.Type, p.Data = true, codecs[body[0]>>4], true, body[0]&1 != 0, CodedFrames, body[1:]

	switch {
	case p.Codec == "":
		return nil, fmt.Errorf("sound format %d is not known here", body[0]>>4)
	case p.Codec == "mp4a" && len(body) < 2:
		return nil, fmt.Errorf("an AAC tag of %d bytes", len(body))
	case p.Codec == "mp4a":
		p.Type, p.Data = PacketType(body[1]), body[2:]
	}

	return []Packet{p}, nil
}

// composition reads a signed 24-bit composition time in ms.
func composition(b []byte) time.Duration {
	return time.Duration(int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8)>>8) * time.Millisecond
}
