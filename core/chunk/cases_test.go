package chunk

import (
	"bytes"
	"encoding/hex"
	"strings"
)

// testCase is a piece of a chunk stream and the messages in it. It serves
// reading, writing and the seeds of the fuzz targets.
type testCase struct {
	name      string
	chunkSize uint32
	wire      []byte
	messages  []*Message

	// readOnly marks what other peers write and the Writer would not.
	readOnly bool
}

// wire joins strings of hexadecimal digits, in which blanks may stand, and
// byte slices.
func wire(parts ...any) []byte {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			digits, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
			if err != nil {
				panic(err)
			}
			b = append(b, digits...)
		case []byte:
			b = append(b, part...)
		}
	}
	return b
}

func fill(b byte, n int) []byte {
	return bytes.Repeat([]byte{b}, n)
}

func message(id, timestamp uint32, typeID uint8, streamID uint32, payload []byte) *Message {
	return &Message{
		Header: Header{
			ChunkStreamID: id,
			Timestamp:     timestamp,
			Type:          typeID,
			StreamID:      streamID,
		},
		Payload: payload,
	}
}

var cases = append(plainCases, append(timestampCases, foreignCases...)...)

var plainCases = []testCase{
	{
		name: "type 0", chunkSize: 128,
		wire:     wire("03 00000A 000003 14 04030201 AABBCC"),
		messages: []*Message{message(3, 10, 20, 0x01020304, []byte{0xAA, 0xBB, 0xCC})},
	},
	{
		name: "no payload", chunkSize: 128,
		wire: wire("03 000000 000000 14 00000000", "C3", "83 000001"),
		messages: []*Message{
			message(3, 0, 20, 0, nil),
			message(3, 0, 20, 0, nil),
			message(3, 1, 20, 0, nil),
		},
		readOnly: true, // a type 3 right after type 0
	},
	{
		name: "chunk stream ids at the edges of the basic headers", chunkSize: 128,
		wire: wire(
			"02 000000 000001 08 01000000 01",
			"3F 000000 000001 08 01000000 02",
			"00 00 000000 000001 08 01000000 03",
			"00 FF 000000 000001 08 01000000 04",
			"01 0001 000000 000001 08 01000000 05",
			"01 FFFF 000000 000001 08 01000000 06",
		),
		messages: []*Message{
			message(2, 0, 8, 1, []byte{1}),
			message(63, 0, 8, 1, []byte{2}),
			message(64, 0, 8, 1, []byte{3}),
			message(319, 0, 8, 1, []byte{4}),
			message(320, 0, 8, 1, []byte{5}),
			message(65599, 0, 8, 1, []byte{6}),
		},
	},
	{
		name: "all types start a message", chunkSize: 128,
		wire: wire(
			"04 0003E8 000001 08 01000000 01",
			"84 000014 02",                      // as long: type 2 even if the delta were the timestamp
			"C4 03",                             // same delta
			"C4 04",                             // and again
			"84 000015 05",                      // another delta
			"44 000015 000002 08 0607",          // another length
			"44 000015 000002 09 0809",          // another type
			"C4 0A0B",                           //
			"04 000453 000002 09 02000000 0C0D", // another message stream
		),
		messages: []*Message{
			message(4, 1000, 8, 1, []byte{1}),
			message(4, 1020, 8, 1, []byte{2}),
			message(4, 1040, 8, 1, []byte{3}),
			message(4, 1060, 8, 1, []byte{4}),
			message(4, 1081, 8, 1, []byte{5}),
			message(4, 1102, 8, 1, []byte{6, 7}),
			message(4, 1123, 9, 1, []byte{8, 9}),
			message(4, 1144, 9, 1, []byte{10, 11}),
			message(4, 1107, 9, 2, []byte{12, 13}),
		},
	},
	{
		name: "as long as a chunk, and one byte longer", chunkSize: 4,
		wire: wire(
			"06 000000 000004 09 01000000 01010101",
			"46 000000 000005 09 02020202 C6 02",
			"46 000000 000009 09 03030303 C6 03030303 C6 03",
		),
		messages: []*Message{
			message(6, 0, 9, 1, fill(1, 4)),
			message(6, 0, 9, 1, fill(2, 5)),
			message(6, 0, 9, 1, fill(3, 9)),
		},
	},
	{
		name: "long ids on continued chunks", chunkSize: 1,
		wire: wire(
			"00 00 000000 000002 09 01000000 01 C0 00 02",
			"01 0001 000000 000002 09 01000000 03 C1 0001 04",
		),
		messages: []*Message{
			message(64, 0, 9, 1, []byte{1, 2}),
			message(320, 0, 9, 1, []byte{3, 4}),
		},
	},
	{
		name: "longer than the first allocation", chunkSize: 65536,
		wire:     wire("06 000000 002711 09 01000000", fill(7, 10001)),
		messages: []*Message{message(6, 0, 9, 1, fill(7, 10001))},
	},
}

var timestampCases = []testCase{
	{
		name: "timestamps around the 24-bit field", chunkSize: 2,
		wire: wire(
			"06 FFFFFE 000003 09 01000000 0101 C6 01",
			"07 FFFFFF 000003 09 01000000 00FFFFFF 0202 C7 00FFFFFF 02",
			"08 FFFFFF 000005 09 01000000 01000000 0303 C8 01000000 0303 C8 01000000 03",
		),
		messages: []*Message{
			message(6, 0xFFFFFE, 9, 1, fill(1, 3)),
			message(7, 0xFFFFFF, 9, 1, fill(2, 3)),
			message(8, 0x1000000, 9, 1, fill(3, 5)),
		},
	},
	{
		name: "over 0xFFFFFF by a delta", chunkSize: 2,
		wire: wire(
			"06 FFFFF0 000003 09 01000000 0101 C6 01",
			"86 000021 0202 C6 02",
			"C6 0303 C6 03",
		),
		messages: []*Message{
			message(6, 0xFFFFF0, 9, 1, fill(1, 3)),
			message(6, 0x1000011, 9, 1, fill(2, 3)),
			message(6, 0x1000032, 9, 1, fill(3, 3)),
		},
	},
	{
		name: "over 2^32", chunkSize: 2,
		wire: wire(
			"06 FFFFFF 000003 09 01000000 FFFFFFF0 0101 C6 FFFFFFF0 01",
			"86 000021 0202 C6 02",
		),
		messages: []*Message{
			message(6, 0xFFFFFFF0, 9, 1, fill(1, 3)),
			message(6, 0x11, 9, 1, fill(2, 3)),
		},
	},
	{
		name: "extended deltas", chunkSize: 2,
		wire: wire(
			"06 000001 000003 09 01000000 0101 C6 01",
			"86 FFFFFF 00FFFFFF 0202 C6 00FFFFFF 02",
			"86 FFFFFF 00FFFFFF 0303 C6 00FFFFFF 03", // the same delta, but no type 3
			"46 FFFFFF 000004 09 7FFFFFFF 0404 C6 7FFFFFFF 0404",
			"86 000001 0505 C6 0505",
		),
		messages: []*Message{
			message(6, 1, 9, 1, fill(1, 3)),
			message(6, 0x1000000, 9, 1, fill(2, 3)),
			message(6, 0x1FFFFFF, 9, 1, fill(3, 3)),
			message(6, 0x81FFFFFE, 9, 1, fill(4, 4)),
			message(6, 0x81FFFFFF, 9, 1, fill(5, 4)),
		},
	},
	{
		name: "backwards", chunkSize: 128,
		wire: wire(
			"06 0003E8 000001 09 01000000 01",
			"06 0003E7 000001 09 01000000 02",
			"06 FFFFFF 000001 09 01000000 800003E7 03", // half way round
			"86 000000 04",
		),
		messages: []*Message{
			message(6, 1000, 9, 1, []byte{1}),
			message(6, 999, 9, 1, []byte{2}),
			message(6, 0x800003E7, 9, 1, []byte{3}),
			message(6, 0x800003E7, 9, 1, []byte{4}),
		},
	},
}
