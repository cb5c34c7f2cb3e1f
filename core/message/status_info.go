package message

import "luatrtmp/amf"

// StatusInfo is what the information object of an answer says. RTMP 1.0, 7.2.2.
type StatusInfo struct {
	Level       string // "status", "warning" or "error"; some servers leave it out
	Code        string // such as "NetStream.Publish.Start"
	Description string // for people to read
	TCURL       string // where to reconnect to; Enhanced RTMP v2, Reconnect Request
}

// Info returns what the information object of an onStatus, _result or _error
// says. That is the first object or ECMA array with a "code" or a "level" among
// the arguments or, since some servers put it there, in place of the command
// object. Fields that are missing or are not strings, and all fields if there is
// no such object, are empty.
func (m *Command) Info() StatusInfo {
	for _, v := range m.Arguments {
		if info, ok := statusInfo(v); ok {
			return info
		}
	}
	info, _ := statusInfo(m.Object)
	return info
}

func statusInfo(v amf.Value) (info StatusInfo, ok bool) {
	var properties amf.Object
	switch v := v.(type) {
	case amf.Object:
		properties = v
	case amf.ECMAArray:
		properties = amf.Object(v)
	case amf.TypedObject:
		properties = v.Properties
	}

	_, hasCode := properties.Get("code")
	_, hasLevel := properties.Get("level")
	info.Level, _ = properties.GetString("level")
	info.Code, _ = properties.GetString("code")
	info.Description, _ = properties.GetString("description")
	info.TCURL, _ = properties.GetString("tcUrl")
	return info, hasCode || hasLevel
}
