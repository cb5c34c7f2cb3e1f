package chunk

// foreignCases are what other peers write: right by the specification, or wrong
// and common.
var foreignCases = []testCase{
	{
		name: "interleaved", chunkSize: 2, readOnly: true,
		wire: wire(
			"04 000064 000005 08 01000000 0101",
			"06 0000C8 000003 09 01000000 0202",
			"02 000000 000004 03 00000000 0303",
			"C4 0101",
			"C2 0303",
			"C6 02",
			"46 000001 000001 09 04",
			"C4 01",
		),
		messages: []*Message{
			message(2, 0, 3, 0, fill(3, 4)),
			message(6, 200, 9, 1, fill(2, 3)),
			message(6, 201, 9, 1, fill(4, 1)),
			message(4, 100, 8, 1, fill(1, 5)),
		},
	},
	{
		name: "basic headers longer than needed", chunkSize: 1, readOnly: true,
		wire: wire(
			"01 0000 000000 000002 09 01000000 01 C0 00 02",
			"01 FF00 000000 000001 09 01000000 03",
		),
		messages: []*Message{
			message(64, 0, 9, 1, []byte{1, 2}),
			message(319, 0, 9, 1, []byte{3}),
		},
	},
	{
		name: "type 3 after type 0 takes its timestamp as delta", chunkSize: 128, readOnly: true,
		wire: wire("04 00001A 000001 08 01000000 01", "C4 02"),
		messages: []*Message{
			message(4, 26, 8, 1, []byte{1}),
			message(4, 52, 8, 1, []byte{2}),
		},
	},
	{
		name: "a chunk stream starts with type 1", chunkSize: 128, readOnly: true,
		wire:     wire("42 00000D 000006 04 0006 00000D0F"),
		messages: []*Message{message(2, 13, 4, 0, wire("0006 00000D0F"))},
	},
	{
		name: "extended timestamp repeated where type 3 starts a message", chunkSize: 2, readOnly: true,
		wire: wire(
			"06 000001 000003 09 01000000 0101 C6 01",
			"86 FFFFFF 01000000 0202 C6 01000000 02",
			"C6 01000000 0303 C6 01000000 03",
		),
		messages: []*Message{
			message(6, 1, 9, 1, fill(1, 3)),
			message(6, 0x1000001, 9, 1, fill(2, 3)),
			message(6, 0x2000001, 9, 1, fill(3, 3)),
		},
	},
	{
		name: "extended timestamp not repeated", chunkSize: 2, readOnly: true,
		wire: wire(
			"06 FFFFFF 000005 09 01000000 01020304 0505 C6 0102 C6 06",
			"86 000001 0707 C6 0707 C6 07",
		),
		messages: []*Message{
			message(6, 0x1020304, 9, 1, wire("0505 0102 06")),
			message(6, 0x1020305, 9, 1, fill(7, 5)),
		},
	},
	{
		name: "extended timestamp repeated as zeros", chunkSize: 2, readOnly: true,
		wire: wire("06 FFFFFF 000005 09 01000000 01020304 0505 C6 00000000 0505 C6 00000000 05"),
		messages: []*Message{
			message(6, 0x1020304, 9, 1, fill(5, 5)),
		},
	},
	{
		name: "extended timestamp that needs no extension", chunkSize: 2, readOnly: true,
		wire: wire("06 FFFFFF 000003 09 01000000 0000002A 0505 C6 0000002A 05", "86 000001 0606 C6 06"),
		messages: []*Message{
			message(6, 42, 9, 1, fill(5, 3)),
			message(6, 43, 9, 1, fill(6, 3)),
		},
	},
}
