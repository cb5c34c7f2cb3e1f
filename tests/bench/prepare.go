package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"

	"luatrtmp/tests/bench/harness"
)

// content is media in the form that each publisher takes.
type content struct {
	name       string
	pushed     string // a file, as the next ones
	tags, wire string
	flv        string
	pictures   int // to send
	inFile     int // of them in the FLV file, for publishers that play it once; 0: there is none
	tagsMedia  *harness.Media
}

// prepare writes the files of a clip.
func (b *bench) prepare(name string, c *clip, pictures, inFile int) (*content, error) {
	path := func(ending string) string { return filepath.Join(b.dir, "media", name+"."+ending) }
	k := &content{
		name: name, pictures: pictures, inFile: inFile,
		pushed: path("pushed"), tags: path("tags"), wire: path("wire"), flv: path("flv"), tagsMedia: c.tags(),
	}
	wire, err := c.wire()
	if err != nil {
		return nil, err
	}
	for file, m := range map[string]*harness.Media{k.pushed: c.pushed(), k.tags: k.tagsMedia, k.wire: wire} {
		if err := m.WriteFile(file); err != nil {
			return nil, err
		}
	}
	if inFile == 0 {
		return k, nil
	}
	return k, k.writeFLV()
}

// writeFLV writes the first pictures as an FLV file. FLV 10.1, E.2 to E.4.1.
func (k *content) writeFLV() error {
	b := bytes.NewBuffer([]byte{'F', 'L', 'V', 1, 1, 0, 0, 0, 9, 0, 0, 0, 0})
	if k.hasAudio() {
		b.Bytes()[4] |= 4
	}
	err := k.tagsMedia.Frames(k.inFile, func(r *harness.Record, ms uint32) error {
		var h [11]byte
		binary.BigEndian.PutUint32(h[:], uint32(len(r.Data)))
		h[0] = byte(r.Kind & 15)
		binary.BigEndian.PutUint32(h[4:], ms<<8|ms>>24)
		b.Write(h[:])
		b.Write(r.Data)
		return binary.Write(b, binary.BigEndian, uint32(11+len(r.Data)))
	})
	if err != nil {
		return err
	}
	return os.WriteFile(k.flv, b.Bytes(), 0o644)
}

// sums are what the sink must find over the bodies of so many pictures, and of the audio between them.
func (k *content) sums(pictures int) (video, audio uint32) {
	table := crc32.MakeTable(crc32.Castagnoli)
	_ = k.tagsMedia.Frames(pictures, func(r *harness.Record, _ uint32) error { // fails never
		sum := &video
		switch r.Kind {
		case harness.Audio:
			sum = &audio
		case harness.Video:
		default:
			return nil
		}
		*sum = crc32.Update(*sum, table, binary.BigEndian.AppendUint32(nil, crc32.Checksum(r.Data, table)))
		return nil
	})
	return video, audio
}

func (k *content) hasAudio() bool { return k.tagsMedia.Records[1].Kind == harness.AudioHeader }
