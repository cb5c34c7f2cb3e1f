package caps

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
)

func setOf(codecs ...flv.Codec) (s codecSet) {
	for _, c := range codecs {
		s = s.with(c)
	}
	return s
}

// field is an object with one field.
func field(name string, value amf.Value) amf.Object { return amf.Object{{Name: name, Value: value}} }

// answers are answers to `connect`, with what they say. They are the seeds of the fuzz test too.
var answers = []struct {
	name   string
	answer message.Command
	want   Capabilities
}{
	{"nothing", message.Command{Object: amf.Null{}}, Capabilities{}},
	{"what old servers say", message.Command{
		Object:    amf.Object{{Name: "fmsVer", Value: "FMS/3,0,1,123"}, {Name: "capabilities", Value: 31.0}},
		Arguments: []amf.Value{field("code", "NetConnection.Connect.Success")},
	}, Capabilities{}},
	{"v1: a list", message.Command{Object: field("fourCcList", amf.StrictArray{"av01", "vp09"})},
		Capabilities{listsVideo: true, fourCCs: setOf(flv.AV1, flv.VP9)}},
	{"an empty list", message.Command{Object: field("fourCcList", amf.StrictArray{})}, Capabilities{listsVideo: true}},
	{"a list in the information object", message.Command{
		Object: amf.Null{}, Arguments: []amf.Value{field("fourCcList", amf.StrictArray{"hvc1", "Opus"})},
	}, Capabilities{listsVideo: true, fourCCs: setOf(flv.HEVC, flv.Opus)}},
	{"wildcard in the list", message.Command{Object: field("fourCcList", amf.StrictArray{"*"})},
		Capabilities{listsVideo: true, fourCCs: Everything(NotNeeded).fourCCs}},
	{"wildcard in a map", message.Command{Object: field("audioFourCcInfoMap", amf.Object{{Name: "*", Value: 4.0}})},
		Capabilities{fourCCs: setOf(audioCodecs()...)}},
	{"v2", message.Command{Object: amf.ECMAArray{
		{Name: "videoFourCcInfoMap", Value: amf.ECMAArray{{Name: "hvc1", Value: 1.0}, {Name: "av01", Value: 6.0}, {Name: "vp09", Value: 0.0}}},
		{Name: "audioFourCcInfoMap", Value: amf.Object{{Name: "Opus", Value: 7.0}, {Name: "mp4a", Value: 4.0}, {Name: "ac-3", Value: "yes"}}},
		{Name: "capsEx", Value: 15.0},
	}}, Capabilities{listsVideo: true, fourCCs: setOf(flv.HEVC, flv.AV1, flv.Opus, flv.AAC), multitrack: true}},
	{"a map of audio says nothing of video", message.Command{Object: field("audioFourCcInfoMap", amf.Object{})}, Capabilities{}},
	{"an empty map of video", message.Command{Object: field("videoFourCcInfoMap", amf.Object{})}, Capabilities{listsVideo: true}},
	{"video and audio do not mix", message.Command{Object: field("videoFourCcInfoMap", amf.Object{{Name: "Opus", Value: 7.0}})},
		Capabilities{listsVideo: true}},
	{"no multitrack", message.Command{Object: field("capsEx", 13.0)}, Capabilities{}},
	{"wrong types", message.Command{
		Object: amf.Object{
			{Name: "fourCcList", Value: "hvc1"}, {Name: "videoFourCcInfoMap", Value: 1.0}, {Name: "audioFourCcInfoMap", Value: amf.StrictArray{"Opus"}},
			{Name: "capsEx", Value: "2"},
		},
		Arguments: []amf.Value{
			amf.Object{{Name: "fourCcList", Value: amf.StrictArray{1.0, nil, "", "xxxx", "vp08"}}, {Name: "capsEx", Value: math.NaN()}}, 5.0, "x", nil,
			amf.TypedObject{Class: "c", Properties: amf.Object{{Name: "capsEx", Value: -2.0}}},
		},
	}, Capabilities{listsVideo: true, fourCCs: setOf(flv.VP8)}},
}

func TestCapabilities(t *testing.T) {
	for _, c := range answers {
		require.Equal(t, c.want, FromAnswer(&c.answer, NotNeeded), c.name)
	}
}

// What a server mirrors is all of what a publisher has.
func TestOwnCapabilities(t *testing.T) {
	own := Own()
	require.Equal(t, Everything(NotNeeded), FromAnswer(&message.Command{Object: own}, NotNeeded))
	for c := flv.H264; c <= flv.PCMU; c++ {
		require.Equal(t, c.FourCC() != "", Everything(NotNeeded).fourCCs.has(c), c)
	}
}

func FuzzCapabilities(f *testing.F) {
	for _, c := range answers {
		c.answer.Name = "_result"
		body, err := c.answer.AppendBody(nil)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := message.Unmarshal(message.TypeCommandAMF0, body)
		if err != nil {
			return
		}
		of := FromAnswer(m.(*message.Command), NotNeeded)
		for c := flv.H264; c <= flv.PCMU; c++ {
			for _, track := range []uint8{0, 1} {
				form := flv.Form{Codec: c, Track: track}
				err := of.CheckSupported(form)
				switch {
				case !form.HasFourCC():
					require.NoError(t, err)
				case track > 0 && !of.multitrack, c.Kind() == flv.Audio && !of.fourCCs.has(c):
					require.Error(t, err, "form of version 2 that was not declared")
				case of.fourCCs.has(c):
					require.NoError(t, err)
				}
				if err != nil {
					require.ErrorIs(t, err, rtmperr.ErrRefused)
				}
			}
		}
	})
}
