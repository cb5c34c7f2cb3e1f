package caps

import (
	"luatrtmp/amf"
	"luatrtmp/core/flv"
	"luatrtmp/core/message"
)

// What `connect` and its answer say of codecs. Enhanced RTMP v2, "Enhancing NetConnection connect
// Command".
const (
	anyFourCC = "*"

	canEncode  = 2.0 // FourCcInfoMask: media of this codec is made here,
	canForward = 4.0 // or passed on as it came

	capsReconnect  = 1 // CapsExMask
	capsMultitrack = 2
)

// codecSet is a set of flv.Codec.
type codecSet uint32

func (s codecSet) has(c flv.Codec) bool      { return s&(1<<c) != 0 }
func (s codecSet) with(c flv.Codec) codecSet { return s | 1<<c }

// videoCodecs returns the video codecs that can be published with a FourCC.
func videoCodecs() []flv.Codec { return []flv.Codec{flv.H264, flv.HEVC, flv.AV1, flv.VP9, flv.VP8} }

// audioCodecs returns the audio codecs that can be published with a FourCC.
func audioCodecs() []flv.Codec {
	return []flv.Codec{flv.AAC, flv.MP3, flv.Opus, flv.FLAC, flv.AC3, flv.EAC3}
}

// Own returns the properties that a publisher declares in `connect`. A server that knows
// nothing of them skips them.
func Own() amf.Object {
	var list amf.StrictArray
	var infoMaps [2]amf.Object
	for i, codecs := range [...][]flv.Codec{videoCodecs(), audioCodecs()} {
		for _, c := range codecs {
			name := c.FourCC()
			list = append(list, name)
			infoMaps[i] = append(infoMaps[i], amf.Property{Name: name, Value: canEncode + canForward})
		}
	}
	return amf.Object{
		{Name: "fourCcList", Value: list},
		{Name: "videoFourCcInfoMap", Value: infoMaps[0]},
		{Name: "audioFourCcInfoMap", Value: infoMaps[1]},
		{Name: "capsEx", Value: float64(capsReconnect + capsMultitrack)},
	}
}

// Capabilities is what a server says that it takes. The zero value is a server that says nothing.
type Capabilities struct {
	listsVideo bool     // it named the video codecs it takes; else those of Enhanced RTMP v1 are tried
	fourCCs    codecSet // whose FourCC it named
	multitrack bool

	asked Fields // whether connect carried the fields of Enhanced RTMP
}

// Everything returns what a server takes that takes all of Enhanced RTMP v2. asked says whether
// `connect` asked it.
func Everything(asked Fields) Capabilities {
	all := Capabilities{listsVideo: true, multitrack: true, asked: asked}
	all.name(anyFourCC, videoCodecs(), audioCodecs())
	return all
}

// FromAnswer reads the answer to `connect`. Servers put the fields into the object of properties or
// into the information object. What is not as it should be says nothing. asked says whether the
// connect carried the fields of Enhanced RTMP.
func FromAnswer(answer *message.Command, asked Fields) Capabilities {
	c := Capabilities{asked: asked}
	c.read(answer.Object)
	for _, v := range answer.Arguments {
		c.read(v)
	}
	return c
}

func (c *Capabilities) read(v amf.Value) {
	properties, _ := propertiesOf(v)
	for _, p := range properties {
		switch p.Name {
		case "fourCcList":
			list, ok := p.Value.(amf.StrictArray)
			for _, element := range list {
				name, _ := element.(string)
				c.name(name, videoCodecs(), audioCodecs())
			}
			c.listsVideo = c.listsVideo || ok
		case "videoFourCcInfoMap":
			c.listsVideo = c.readMap(p.Value, videoCodecs()) || c.listsVideo
		case "audioFourCcInfoMap":
			c.readMap(p.Value, audioCodecs())
		case "capsEx":
			if n, ok := p.Value.(float64); ok && n >= 0 && n <= 0xFFFFFFFF { // false for NaN
				c.multitrack = c.multitrack || uint32(n)&capsMultitrack != 0
			}
		}
	}
}

// readMap reads a map of FourCC -> FourCcInfoMask; false if it is none. A codec without any bit is
// not taken.
func (c *Capabilities) readMap(v amf.Value, codecs []flv.Codec) bool {
	properties, ok := propertiesOf(v)
	for _, p := range properties {
		if mask, ok := p.Value.(float64); ok && mask >= 1 {
			c.name(p.Name, codecs)
		}
	}
	return ok
}

// name notes that the server takes the one of some codecs that has a FourCC.
func (c *Capabilities) name(fourCC string, lists ...[]flv.Codec) {
	for _, codecs := range lists {
		for _, codec := range codecs {
			if fourCC == anyFourCC || fourCC == codec.FourCC() {
				c.fourCCs = c.fourCCs.with(codec)
			}
		}
	}
}

// propertiesOf returns what is in an object or an associative array; false if v is neither.
func propertiesOf(v amf.Value) ([]amf.Property, bool) {
	switch v := v.(type) {
	case amf.Object:
		return v, true
	case amf.ECMAArray:
		return v, true
	case amf.TypedObject:
		return v.Properties, true
	}
	return nil, false
}
