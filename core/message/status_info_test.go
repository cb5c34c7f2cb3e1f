package message

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
)

func TestInfo(t *testing.T) {
	rejected := amf.Object{
		{Name: "level", Value: "error"},
		{Name: "code", Value: "NetStream.Publish.BadName"},
		{Name: "description", Value: "taken"},
	}
	want := StatusInfo{Level: "error", Code: "NetStream.Publish.BadName", Description: "taken"}

	for _, ca := range []struct {
		name    string
		command Command
		info    StatusInfo
	}{
		{"argument", Command{Object: amf.Null{}, Arguments: []amf.Value{rejected}}, want},
		{"ECMA array", Command{Arguments: []amf.Value{amf.ECMAArray(rejected)}}, want},
		{"typed object", Command{Arguments: []amf.Value{amf.TypedObject{Properties: rejected}}}, want},
		{"behind others", Command{Arguments: []amf.Value{amf.Null{}, 1.0, amf.Object{}, rejected}}, want},
		{"in place of the command object", Command{Object: rejected}, want},
		{
			"arguments before the command object",
			Command{Object: amf.Object{{Name: "level", Value: "status"}}, Arguments: []amf.Value{rejected}}, want,
		},
		{
			"no level",
			Command{Arguments: []amf.Value{amf.Object{{Name: "code", Value: "c"}}}}, StatusInfo{Code: "c"},
		},
		{
			"code is a number",
			Command{Arguments: []amf.Value{amf.Object{{Name: "level", Value: "error"}, {Name: "code", Value: 403.0}}}},
			StatusInfo{Level: "error"},
		},
		{
			"reconnect request",
			Command{Arguments: []amf.Value{amf.Object{{Name: "code", Value: "c"}, {Name: "tcUrl", Value: "/app"}}}},
			StatusInfo{Code: "c", TCURL: "/app"},
		},
		{"none", Command{Object: amf.Object{{Name: "fmsVer", Value: "x"}}, Arguments: []amf.Value{1.0}}, StatusInfo{}},
		{"nothing", Command{}, StatusInfo{}},
	} {
		t.Run(ca.name, func(t *testing.T) {
			require.Equal(t, ca.info, ca.command.Info())
		})
	}
}
