package amf

import "strings"

// cases are values and their only encoding. They serve Append, Unmarshal, the
// truncation test and the fuzz seeds. NaN, which is not equal to itself, has a
// test of its own.
var cases = []struct {
	name   string
	values []Value
	wire   string
}{
	{"nothing", nil, ""},
	{"number", []Value{float64(2342)}, "\x00\x40\xA2\x4C\x00\x00\x00\x00\x00"},
	{"negative number", []Value{-1.5}, "\x00\xBF\xF8\x00\x00\x00\x00\x00\x00"},
	{"true", []Value{true}, "\x01\x01"},
	{"false", []Value{false}, "\x01\x00"},
	{"string", []Value{"onStatus"}, "\x02\x00\x08onStatus"},
	{"empty string", []Value{""}, "\x02\x00\x00"},
	{"string in UTF-8", []Value{"直播"}, "\x02\x00\x06\xE7\x9B\xB4\xE6\x92\xAD"},
	{"string not in UTF-8", []Value{"\xFF\xFE"}, "\x02\x00\x02\xFF\xFE"},
	{
		"longest short string",
		[]Value{strings.Repeat("s", 65535)},
		"\x02\xFF\xFF" + strings.Repeat("s", 65535),
	},
	{
		"shortest long string",
		[]Value{strings.Repeat("s", 65536)},
		"\x0C\x00\x01\x00\x00" + strings.Repeat("s", 65536),
	},
	{
		"object",
		[]Value{Object{{"b", 1.0}, {"a", "x"}}},
		"\x03\x00\x01b\x00\x3F\xF0\x00\x00\x00\x00\x00\x00\x00\x01a\x02\x00\x01x\x00\x00\x09",
	},
	{"empty object", []Value{Object{}}, "\x03\x00\x00\x09"},
	{"object with an empty name", []Value{Object{{"", true}}}, "\x03\x00\x00\x01\x01\x00\x00\x09"},
	{
		"object with a name twice",
		[]Value{Object{{"a", true}, {"a", false}}},
		"\x03\x00\x01a\x01\x01\x00\x01a\x01\x00\x00\x00\x09",
	},
	{
		"object inside an object",
		[]Value{Object{{"in", Object{{"a", Null{}}}}, {"z", Undefined{}}}},
		"\x03\x00\x02in\x03\x00\x01a\x05\x00\x00\x09\x00\x01z\x06\x00\x00\x09",
	},
	{"null", []Value{Null{}}, "\x05"},
	{"undefined", []Value{Undefined{}}, "\x06"},
	{"reference", []Value{Reference(0x0102)}, "\x07\x01\x02"},
	{
		"ECMA array",
		[]Value{ECMAArray{{"w", true}, {"h", Null{}}}},
		"\x08\x00\x00\x00\x02\x00\x01w\x01\x01\x00\x01h\x05\x00\x00\x09",
	},
	{"empty ECMA array", []Value{ECMAArray{}}, "\x08\x00\x00\x00\x00\x00\x00\x09"},
	{
		"strict array",
		[]Value{StrictArray{"r", Null{}, StrictArray{true}}},
		"\x0A\x00\x00\x00\x03\x02\x00\x01r\x05\x0A\x00\x00\x00\x01\x01\x01",
	},
	{"empty strict array", []Value{StrictArray{}}, "\x0A\x00\x00\x00\x00"},
	{
		"date",
		[]Value{Date{Milliseconds: 1, TimeZone: -120}},
		"\x0B\x3F\xF0\x00\x00\x00\x00\x00\x00\xFF\x88",
	},
	{"unsupported", []Value{Unsupported{}}, "\x0D"},
	{"XML document", []Value{XML("<a/>")}, "\x0F\x00\x00\x00\x04<a/>"},
	{
		"typed object",
		[]Value{TypedObject{Class: "Point", Properties: Object{{"x", true}}}},
		"\x10\x00\x05Point\x00\x01x\x01\x01\x00\x00\x09",
	},
	{"typed object without a class", []Value{TypedObject{Properties: Object{}}}, "\x10\x00\x00\x00\x00\x09"},
	{
		"reply to connect",
		[]Value{
			"_result",
			1.0,
			Object{{"fmsVer", "FMS/3,0,1,123"}, {"capabilities", 31.0}},
			Object{
				{"level", "status"},
				{"code", "NetConnection.Connect.Success"},
				{"data", ECMAArray{{"version", "3,0,1,123"}}},
			},
		},
		"\x02\x00\x07_result" +
			"\x00\x3F\xF0\x00\x00\x00\x00\x00\x00" +
			"\x03\x00\x06fmsVer\x02\x00\x0DFMS/3,0,1,123" +
			"\x00\x0Ccapabilities\x00\x40\x3F\x00\x00\x00\x00\x00\x00\x00\x00\x09" +
			"\x03\x00\x05level\x02\x00\x06status" +
			"\x00\x04code\x02\x00\x1DNetConnection.Connect.Success" +
			"\x00\x04data\x08\x00\x00\x00\x01\x00\x07version\x02\x00\x093,0,1,123\x00\x00\x09" +
			"\x00\x00\x09",
	},
}

// lenient are inputs that Append never writes, but that peers send.
var lenient = []struct {
	name   string
	wire   string
	values []Value
}{
	{"boolean other than 0 and 1", "\x01\x7F", []Value{true}},
	{"long string that is short", "\x0C\x00\x00\x00\x01a", []Value{"a"}},
	{"ECMA array with count 0", "\x08\x00\x00\x00\x00\x00\x01a\x05\x00\x00\x09", []Value{ECMAArray{{"a", Null{}}}}},
	{"ECMA array with a count too high", "\x08\xFF\xFF\xFF\xFF\x00\x01a\x05\x00\x00\x09", []Value{ECMAArray{{"a", Null{}}}}},
}

// malformed are inputs that Unmarshal refuses.
var malformed = []struct {
	name string
	wire string
	err  error
	text string
}{
	{"MovieClip", "\x05\x04", ErrMarker, "0x04 (MovieClip) is reserved, at offset 1"},
	{"RecordSet", "\x0E", ErrMarker, "0x0E (RecordSet) is reserved, at offset 0"},
	{"AVM+", "\x11\x01", ErrMarker, "0x11 (AVM+) switches to AMF3, at offset 0"},
	{"object end alone", "\x09", ErrMarker, "0x09 (object end) outside an object, at offset 0"},
	{"object end behind a name", "\x03\x00\x01a\x09", ErrMarker, "0x09 (object end) outside an object, at offset 4"},
	{"unknown marker", "\x12", ErrMarker, "0x12 is unknown, at offset 0"},
	{"unknown marker in a strict array", "\x0A\x00\x00\x00\x01\xFF", ErrMarker, "0xFF is unknown, at offset 5"},
	{"number cut", "\x00\x40\xA2", ErrTruncated, "number of 8 bytes, 2 left, at offset 1"},
	{"string cut", "\x02\x00\x05ab", ErrTruncated, "string of 5 bytes, 2 left, at offset 3"},
	{"long string cut", "\x0C\x01\x00\x00\x00ab", ErrTruncated, "long string of 16777216 bytes, 2 left, at offset 5"},
	{"long string too long", "\x0C\x01\x00\x00\x01ab", ErrLength, "long string of 16777217 bytes, at most 16777216, at offset 1"},
	{"XML document too long", "\x0F\xFF\xFF\xFF\xFF", ErrLength, "XML document of 4294967295 bytes, at most 16777216, at offset 1"},
	{
		"object without an end", "\x05\x03\x00\x01a\x05", ErrTruncated,
		"no end marker at offset 6 for the object begun at offset 1",
	},
	{"object with half an end", "\x03\x00\x00", ErrTruncated, "type marker of 1 bytes, 0 left, at offset 3"},
	{
		"ECMA array that trusts its count", "\x08\x00\x00\x00\x01\x00\x01a\x05", ErrTruncated,
		"no end marker at offset 9 for the object begun at offset 0",
	},
	{
		"strict array longer than the input", "\x0A\xFF\xFF\xFF\xFF\x05", ErrTruncated,
		"strict array of 4294967295 values, 1 bytes left, at offset 1",
	},
}
