package options

// EnhancedMode says when connect declares Enhanced RTMP. Some servers cannot read its fields, and
// ignore the whole command.
type EnhancedMode uint8

const (
	EnhancedAuto EnhancedMode = iota // when the media that is known by then needs it
	EnhancedOn                       // always
	EnhancedV2                       // always; and the server takes all of version 2, whatever it declares
	EnhancedOff                      // never
)
