package e2e_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/stretchr/testify/require"
)

// Tag types of FLV. FLV 10.1, E.4.1.
const (
	tagAudio = 8
	tagVideo = 9
	tagData  = 18
)

// tag is one FLV tag without its header.
type tag struct {
	kind byte
	ms   uint32
	body []byte
}

// sequenceHeader reports whether the tag is the sequence header of AVC or AAC. FLV 10.1, E.4.2.1 and E.4.3.1.
func (g tag) sequenceHeader() bool {
	return g.kind != tagData && len(g.body) > 1 && g.body[1] == 0
}

// key reports whether the tag is a key frame of AVC.
func (g tag) key() bool {
	return g.kind == tagVideo && len(g.body) > 1 && g.body[0]>>4 == 1 && g.body[1] == 1
}

const (
	flvHeaderSize = 9 + 4 // and PreviousTagSize0
	tagHeaderSize = 11
)

func readFLV(t testing.TB, file string) []tag {
	t.Helper()

	data, err := os.ReadFile(file)
	require.NoError(t, err)

	var tags []tag
	for data = data[flvHeaderSize:]; len(data) > 0; {
		size := int(binary.BigEndian.Uint32(data) & 0xFFFFFF)
		ms := binary.BigEndian.Uint32(data[4:])
		tags = append(tags, tag{data[0], ms>>8 | ms<<24, data[tagHeaderSize : tagHeaderSize+size]})
		data = data[tagHeaderSize+size+4:]
	}

	return tags
}

// writeFLV writes tags into a file of the test's own.
func writeFLV(t testing.TB, name string, tags []tag) string {
	t.Helper()

	data := []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")
	for _, g := range tags {
		head := make([]byte, tagHeaderSize)
		binary.BigEndian.PutUint32(head, uint32(g.kind)<<24|uint32(len(g.body)))
		binary.BigEndian.PutUint32(head[4:], g.ms<<8|g.ms>>24)
		data = append(append(data, head...), g.body...)
		data = binary.BigEndian.AppendUint32(data, uint32(tagHeaderSize+len(g.body)))
	}

	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, data, 0o600))

	return file
}

// onMetaData returns the bodies of a file's onMetaData tags.
func onMetaData(t testing.TB, file string) []map[string]any {
	t.Helper()

	var found []map[string]any
	for _, g := range readFLV(t, file) {
		if g.kind != tagData {
			continue
		}
		values, err := amf0.Unmarshal(bytes.TrimPrefix(g.body, []byte("\x02\x00\x0d@setDataFrame")))
		require.NoError(t, err)
		require.Len(t, values, 2)
		require.Equal(t, "onMetaData", values[0])
		fields, ok := values[1].(amf0.ECMAArray)
		require.True(t, ok, "onMetaData has a %T", values[1])

		byName := map[string]any{}
		for _, f := range fields {
			require.NotContains(t, byName, f.Key)
			byName[f.Key] = f.Value
		}
		found = append(found, byName)
	}

	return found
}
