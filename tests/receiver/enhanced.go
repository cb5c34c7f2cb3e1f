package main

import (
	"regexp"
	"strconv"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
)

// Bits of capsEx and of the info maps. Enhanced RTMP v2, "Enhancing NetConnection connect Command".
const (
	capsReconnect = 1 << iota
	capsMultitrack
	capsModEx
	capsNanosecond
)

const (
	canDecode = 1 << iota
	canEncode
	canForward
)

var (
	videoV1 = []string{"av01", "vp09", "hvc1"}
	videoV2 = []string{"avc1", "hvc1", "av01", "vp09", "vp08"}
	audioV2 = []string{"mp4a", ".mp3", "Opus", "fLaC", "ac-3", "ec-3"}
)

// declared has for each value of -caps what the answer to connect says of Enhanced RTMP.
var declared = map[string]amf0.Object{
	"none": nil,
	"v1":   {{Key: "fourCcList", Value: fourCCs(videoV1)}},
	"v2": {
		{Key: "fourCcList", Value: append(fourCCs(videoV2), fourCCs(audioV2)...)},
		{Key: "videoFourCcInfoMap", Value: infoMap(videoV2)},
		{Key: "audioFourCcInfoMap", Value: infoMap(audioV2)},
		{Key: "capsEx", Value: float64(capsReconnect | capsMultitrack | capsModEx | capsNanosecond)},
	},
}

func fourCCs(names []string) amf0.StrictArray {
	var a amf0.StrictArray
	for _, n := range names {
		a = append(a, n)
	}

	return a
}

func infoMap(names []string) amf0.Object {
	var o amf0.Object
	for _, n := range names {
		o = append(o, amf0.ObjectEntry{Key: n, Value: float64(canDecode | canForward)})
	}

	return o
}

// declares returns what a publisher's connect says of Enhanced RTMP, as JSON has it.
func declares(args amf0.Object) any {
	found := map[string]any{}
	for _, e := range args {
		switch e.Key {
		case "fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx":
			found[e.Key] = plain(e.Value)
		}
	}
	if len(found) == 0 {
		return nil
	}

	return found
}

func plain(v any) any {
	var entries []amf0.ObjectEntry
	switch v := v.(type) {
	case amf0.Object:
		entries = v
	case amf0.ECMAArray:
		entries = v
	default:
		return v
	}

	m := map[string]any{}
	for _, e := range entries {
		m[e.Key] = plain(e.Value)
	}

	return m
}

// Packet types of Enhanced RTMP that are looked at here.
const (
	packetMultitrackAudio = 5
	packetMultitrackVideo = 6
	packetModEx           = 7
)

// beyondGortmplib tells the media messages that are right and that gortmplib does not know: ModEx, and the codecs VP8 and E-AC-3.
func beyondGortmplib(raw *rawmessage.Message) bool {
	b := raw.Body
	if len(b) < 7 && len(b) != 5 { // a body with frames; a sequence start or end
		return false
	}

	multitrack := byte(packetMultitrackAudio)
	switch {
	case raw.Type == tagVideo && b[0]&0x80 != 0:
		multitrack = packetMultitrackVideo
	case raw.Type == tagAudio && b[0]>>4 == 9:
	default:
		return false
	}

	at := 1
	switch b[0] & 0xF {
	case packetModEx:
		return true
	case multitrack:
		at = 2
	}
	if len(b) < at+4 {
		return false
	}
	fourCC := string(b[at : at+4])

	return fourCC == "vp08" || fourCC == "ec-3"
}

// sayUnjudged says once for each objection that gortmplib did not judge what is recorded.
func (c *conn) sayUnjudged(raw *rawmessage.Message, objection error) {
	if c.rec == nil || c.unjudged[objection.Error()] {
		return
	}
	c.unjudged[objection.Error()] = true
	c.log.put(event{
		Event: "unjudged", Conn: c.id, Stream: c.rec.stream, Type: tagTypes[raw.Type], Why: objection.Error(),
	})
}

var askName = regexp.MustCompile(`^(reconnect|hops)(\d{1,4})`)

// askLater has a stream whose name says so asked to connect again, after the time that the name says.
func (c *conn) askLater(name string) {
	m := askName.FindStringSubmatch(name)
	if m == nil || !c.server.firstAsk(c.app, name) && m[1] == "reconnect" {
		return
	}

	n, err := strconv.Atoi(m[2])
	if err != nil { // the expression lets digits through only
		panic(err)
	}

	c.asking = time.AfterFunc(time.Duration(n)*time.Second, func() {
		e := event{Event: "reconnect", Conn: c.id, App: c.app, Stream: name, TCURL: c.server.reconnectURL}
		if err := c.write(reconnectRequest(c.server.reconnectURL)); err != nil {
			e.Why = err.Error()
		}
		c.log.put(e)
	})
}

func (c *conn) stopAsking() {
	if c.asking != nil {
		c.asking.Stop()
	}
}

// reconnectRequest is Enhanced RTMP v2's "Reconnect Request".
func reconnectRequest(tcURL string) *message.CommandAMF0 {
	info := amf0.Object{
		{Key: "level", Value: "status"},
		{Key: "code", Value: "NetConnection.Connect.ReconnectRequest"},
		{Key: "description", Value: "The streaming server is undergoing updates."},
	}
	if tcURL != "" {
		info = append(info, amf0.ObjectEntry{Key: "tcUrl", Value: tcURL})
	}

	return &message.CommandAMF0{ChunkStreamID: commandChunk, Name: "onStatus", Arguments: []any{nil, info}}
}
