package main

import (
	"bytes"

	"luatrtmp/amf"
	"luatrtmp/core/chunk"
	"luatrtmp/core/message"
	"luatrtmp/tests/bench/harness"
)

// wireChunk is the chunk size of the prepared bytes.
const wireChunk = 65536

// wire is the media as bytes of the network, in chunks of wireChunk: the limit writes them.
func (c *clip) wire() (*harness.Media, error) {
	prefix, err := dialogue()
	if err != nil {
		return nil, err
	}
	m := &harness.Media{Duration: c.duration, Records: []harness.Record{{Kind: harness.Prefix, Data: prefix}, {Kind: harness.Prefix}}}
	last := map[harness.Kind]uint32{}
	for _, r := range c.tags().Records {
		if r.Kind >= harness.Prefix {
			w := chunk.NewWriter()
			if err := w.SetChunkSize(wireChunk); err != nil {
				return nil, err
			}
			kind := r.Kind & 15
			pieces, err := w.AppendMessage(nil, chunk.Header{ChunkStreamID: streamOf(kind), Type: uint8(kind), StreamID: 1}, r.Data)
			if err != nil {
				return nil, err
			}
			m.Records[1].Data = append(m.Records[1].Data, bytes.Join(pieces, nil)...)
			continue
		}
		delta := r.MS - last[r.Kind]
		last[r.Kind] = r.MS
		if delta == 0 {
			delta = c.duration - lastOf(c, r.Kind) // the first: from the last of the round before
		}
		m.Records = append(m.Records, harness.Record{Kind: r.Kind, MS: r.MS, Data: wireMessage(r.Kind, delta, r.Data)})
	}
	return m, nil
}

func streamOf(k harness.Kind) uint32 {
	if k == harness.Video {
		return 6
	}
	return 4
}

// lastOf is the time of the last frame of a kind.
func lastOf(c *clip, k harness.Kind) (ms uint32) {
	for _, u := range c.units {
		if u.audio == (k == harness.Audio) {
			ms = u.ms
		}
	}
	return ms
}

// wireMessage cuts a message with a header of type 1 into chunks: it means the same whatever stood before it. RTMP 1.0, 5.3.1.2.2.
func wireMessage(k harness.Kind, delta uint32, body []byte) []byte {
	id, n := byte(streamOf(k)), len(body)
	b := []byte{1<<6 | id, byte(delta >> 16), byte(delta >> 8), byte(delta), byte(n >> 16), byte(n >> 8), byte(n), byte(k)}
	for i := 0; i < n; i += wireChunk {
		if i > 0 {
			b = append(b, 3<<6|id)
		}
		b = append(b, body[i:min(i+wireChunk, n)]...)
	}
	return b
}

// dialogue is what stands before `publish` in prepared bytes: the chunk size, connect, createStream.
func dialogue() ([]byte, error) {
	var all []byte
	w := chunk.NewWriter()
	for _, m := range []message.Message{
		&message.SetChunkSize{Size: wireChunk},
		&message.Command{Name: "connect", TransactionID: 1, Object: amf.Object{{Name: "app", Value: "bench"}}},
		&message.Command{Name: "createStream", TransactionID: 2, Object: amf.Null{}},
	} {
		body, err := m.AppendBody(nil)
		if err != nil {
			return nil, err
		}
		pieces, err := w.AppendMessage(nil, chunk.Header{ChunkStreamID: m.Type().ChunkStream(), Type: uint8(m.Type())}, body)
		if err != nil {
			return nil, err
		}
		all = append(all, bytes.Join(pieces, nil)...)
		w.Reset()
	}
	return all, w.SetChunkSize(wireChunk)
}
