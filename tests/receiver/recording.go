package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// FLV tag types, the same numbers as RTMP's message types.
const (
	tagAudio = 8
	tagVideo = 9
	tagData  = 18
)

var tagTypes = map[uint8]string{tagAudio: "audio", tagVideo: "video", tagData: "data"}

// setDataFrame is the AMF0 string that publishers put before onMetaData; FLV files do not have it.
var setDataFrame = []byte("\x02\x00\x0d@setDataFrame")

const (
	tagHeaderSize = 11
	flagsOffset   = 4 // of the header's audio and video flags
	flagVideo     = 1
	flagAudio     = 4

	maxNames    = 1000 // recordings of one name in one folder
	maxNamePart = 100  // bytes of the app's and of the stream's name in the file's name
)

// recording writes one stream's messages into an FLV file.
type recording struct {
	stream string
	path   string
	f      *os.File
	w      *bufio.Writer
	counts map[uint8]*count

	began       bool
	first, last uint32 // ms: timestamps of the first and the latest audio or video message
}

// newRecording makes the file. It never overwrites one.
func newRecording(dir, app, stream string) (*recording, error) {
	base := fileName(app) + "_" + fileName(stream)

	for n := 1; n <= maxNames; n++ {
		name := base + ".flv"
		if n > 1 {
			name = fmt.Sprintf("%s-%d.flv", base, n)
		}

		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}

		r := &recording{
			stream: stream, path: f.Name(), f: f, w: bufio.NewWriter(f),
			counts: map[uint8]*count{tagAudio: {}, tagVideo: {}, tagData: {}},
		}
		// FLV 10.1, E.2: signature, version, flags (set at the end), header size; then PreviousTagSize0.
		_, err = r.w.WriteString("FLV\x01\x00\x00\x00\x00\x09\x00\x00\x00\x00")
		return r, err
	}

	return nil, fmt.Errorf("%s: %d recordings of that name are there already", filepath.Join(dir, base), maxNames)
}

// fileName makes a name from the wire safe as a part of a file's name: letters, digits, '-', '_' and inner dots stay.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, s)

	return strings.TrimLeft(s[:min(len(s), maxNamePart)], ".")
}

// wireTimestamp returns a message's 32-bit timestamp in ms.
func wireTimestamp(m *rawmessage.Message) uint32 {
	return uint32(m.Timestamp / time.Millisecond)
}

// add writes a message as a tag. It reports whether the message is the first of its type, and passes over messages that
// FLV has no tag for.
func (r *recording) add(m *rawmessage.Message) (first bool, err error) {
	n := r.counts[m.Type]
	if n == nil {
		return false, nil
	}

	body := m.Body
	if m.Type == tagData {
		body = bytes.TrimPrefix(body, setDataFrame)
	}

	n.Messages++
	n.Bytes += uint64(len(body))

	ts := wireTimestamp(m)
	if m.Type != tagData {
		if !r.began {
			r.began, r.first, r.last = true, ts, ts
		}
		if int32(ts-r.last) > 0 { // modulo 2^32
			r.last = ts
		}
	}

	// FLV 10.1, E.4.1: the lower 24 bits of the timestamp, then its upper 8; the stream ID is 0.
	head := make([]byte, tagHeaderSize)
	binary.BigEndian.PutUint32(head, uint32(m.Type)<<24|uint32(len(body)))
	binary.BigEndian.PutUint32(head[4:], ts<<8|ts>>24)
	tail := binary.BigEndian.AppendUint32(nil, uint32(tagHeaderSize+len(body)))

	for _, part := range [][]byte{head, body, tail} {
		if _, err = r.w.Write(part); err != nil {
			return false, err
		}
	}

	return n.Messages == 1, nil
}

// seconds returns the length of the stream by its timestamps, the last frame's own length not counted.
func (r *recording) seconds() float64 {
	return float64(r.last-r.first) / 1000
}

// close completes the file: the header's flags tell what came.
func (r *recording) close() error {
	var flags byte
	if r.counts[tagVideo].Messages > 0 {
		flags |= flagVideo
	}
	if r.counts[tagAudio].Messages > 0 {
		flags |= flagAudio
	}

	err := r.w.Flush()
	if err == nil {
		_, err = r.f.WriteAt([]byte{flags}, flagsOffset)
	}

	return errors.Join(err, r.f.Close())
}
