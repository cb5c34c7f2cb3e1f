package message

import (
	"encoding/hex"
	"strings"

	"luatrtmp/amf"
)

// testCase is a message and its body. It serves encoding, decoding and the
// seeds of the fuzz target.
type testCase struct {
	name    string
	typeID  Type
	body    []byte
	message Message

	// decodeOnly marks what peers send and AppendBody would not.
	decodeOnly bool
}

// body joins strings: what begins with ' is text, all else hexadecimal digits,
// in which blanks may stand.
func body(parts ...string) []byte {
	b := []byte{}
	for _, part := range parts {
		if text, ok := strings.CutPrefix(part, "'"); ok {
			b = append(b, text...)
			continue
		}
		digits, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
		if err != nil {
			panic(err)
		}
		b = append(b, digits...)
	}
	return b
}

var cases = append(controlCases, append(commandCases, tolerated...)...)

var controlCases = []testCase{
	{
		name: "set chunk size", typeID: 1,
		body: body("00010000"), message: &SetChunkSize{Size: 65536},
	},
	{
		name: "set chunk size, greatest", typeID: 1,
		body: body("7FFFFFFF"), message: &SetChunkSize{Size: 0x7FFFFFFF},
	},
	{
		name: "abort", typeID: 2,
		body: body("00000004"), message: &Abort{ChunkStreamID: 4},
	},
	{
		name: "acknowledgement", typeID: 3,
		body: body("FFFFFFF0"), message: &Acknowledgement{SequenceNumber: 0xFFFFFFF0},
	},
	{
		name: "stream begin", typeID: 4,
		body: body("0000 00000001"), message: NewUserControl(StreamBegin, 1),
	},
	{
		name: "set buffer length", typeID: 4,
		body: body("0003 00000001 00000BB8"), message: NewUserControl(SetBufferLength, 1, 3000),
	},
	{
		name: "ping request", typeID: 4,
		body: body("0006 01020304"), message: NewUserControl(PingRequest, 0x01020304),
	},
	{
		name: "ping response", typeID: 4,
		body: body("0007 01020304"), message: NewUserControl(PingResponse, 0x01020304),
	},
	{
		name: "unknown event", typeID: 4,
		body: body("001F AA"), message: &UserControl{Event: 31, Data: []byte{0xAA}},
	},
	{
		name: "window acknowledgement size", typeID: 5,
		body: body("002625A0"), message: &WindowAckSize{Size: 2500000},
	},
	{
		name: "set peer bandwidth", typeID: 6,
		body: body("004C4B40 02"), message: &SetPeerBandwidth{Size: 5000000, LimitType: LimitDynamic},
	},
	{
		name: "audio", typeID: 8,
		body: body("AF00 1190"), message: &Audio{Body: []byte{0xAF, 0, 0x11, 0x90}},
	},
	{
		name: "video", typeID: 9,
		body: body("1702 000000"), message: &Video{Body: []byte{0x17, 2, 0, 0, 0}},
	},
	{
		name: "video without a body", typeID: 9,
		body: body(), message: &Video{Body: []byte{}},
	},
	{
		name: "shared object", typeID: 19,
		body: body("0102"), message: &Unknown{TypeID: TypeSharedObjectAMF0, Body: []byte{1, 2}},
	},
	{
		name: "unknown type", typeID: 200,
		body: body("0102"), message: &Unknown{TypeID: 200, Body: []byte{1, 2}},
	},
}

var commandCases = []testCase{
	{
		name: "createStream", typeID: 20,
		body:    body("02 000C", "'createStream", "00 4010000000000000", "05"),
		message: &Command{Name: "createStream", TransactionID: 4, Object: amf.Null{}},
	},
	{
		name: "publish", typeID: 20,
		body: body("02 0007", "'publish", "00 4014000000000000", "05", "02 0001", "'k", "02 0004", "'live"),
		message: &Command{
			Name: "publish", TransactionID: 5, Object: amf.Null{},
			Arguments: []amf.Value{"k", "live"},
		},
	},
	{
		name: "result", typeID: 20,
		body: body("02 0007", "'_result", "00 3FF0000000000000",
			"03 0006", "'fmsVer", "02 0003", "'FMS", "000009",
			"03 0004", "'code", "02 0002", "'OK", "000009"),
		message: &Command{
			Name: "_result", TransactionID: 1,
			Object:    amf.Object{{Name: "fmsVer", Value: "FMS"}},
			Arguments: []amf.Value{amf.Object{{Name: "code", Value: "OK"}}},
		},
	},
	{
		name: "AMF3 command", typeID: 17,
		body:    body("00", "02 0005", "'close", "00 0000000000000000", "05"),
		message: &Command{Name: "close", Object: amf.Null{}, AMF3: true},
	},
	{
		name: "data", typeID: 18,
		body: body("02 000A", "'onMetaData", "08 00000001 0005", "'width", "00 4084000000000000", "000009"),
		message: &Data{Values: []amf.Value{
			"onMetaData", amf.ECMAArray{{Name: "width", Value: 640.0}},
		}},
	},
	{
		name: "AMF3 data", typeID: 15,
		body:    body("00", "02 0001", "'x"),
		message: &Data{Values: []amf.Value{"x"}, AMF3: true},
	},
}

// tolerated are bodies that are not as the specification has them.
var tolerated = []testCase{
	{
		name: "bytes behind a control message", typeID: 6, decodeOnly: true,
		body: body("004C4B40 01 FFFF"), message: &SetPeerBandwidth{Size: 5000000, LimitType: LimitSoft},
	},
	{
		name: "name alone", typeID: 20, decodeOnly: true,
		body: body("02 0001", "'x"), message: &Command{Name: "x", Object: amf.Null{}},
	},
	{
		name: "no command object", typeID: 20, decodeOnly: true,
		body:    body("02 0001", "'x", "00 4000000000000000"),
		message: &Command{Name: "x", TransactionID: 2, Object: amf.Null{}},
	},
	{
		name: "no transaction id", typeID: 20, decodeOnly: true,
		body: body("02 000B", "'onFCPublish", "05", "03 0004", "'code", "02 0001", "'c", "000009"),
		message: &Command{
			Name: "onFCPublish", Object: amf.Null{},
			Arguments: []amf.Value{amf.Object{{Name: "code", Value: "c"}}},
		},
	},
	{
		name: "no transaction id, object at once", typeID: 20, decodeOnly: true,
		body: body("02 0001", "'x", "03 0004", "'code", "02 0001", "'c", "000009"),
		message: &Command{
			Name: "x", Object: amf.Object{{Name: "code", Value: "c"}},
		},
	},
	{
		name: "transaction id is a string", typeID: 20, decodeOnly: true,
		body: body("02 0001", "'x", "02 0001", "'7", "06", "01 01"),
		message: &Command{
			Name: "x", Object: amf.Undefined{}, Arguments: []amf.Value{true},
		},
	},
}
