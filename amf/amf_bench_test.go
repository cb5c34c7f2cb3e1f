package amf

import "testing"

// connect is what a `connect` command says.
var connect = []Value{"connect", 1.0, Object{
	{Name: "app", Value: "live"}, {Name: "type", Value: "nonprivate"}, {Name: "flashVer", Value: "FMLE/3.0 (compatible; FMSc/1.0)"},
	{Name: "tcUrl", Value: "rtmp://127.0.0.1:1935/live"}, {Name: "fpad", Value: false}, {Name: "capabilities", Value: 15.0},
}}

func BenchmarkAppendConnect(b *testing.B) {
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = Append(buf[:0], connect...); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkUnmarshalConnect(b *testing.B) {
	body, err := Append(nil, connect...)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Unmarshal(body); err != nil {
			b.Fatal(err)
		}
	}
}
