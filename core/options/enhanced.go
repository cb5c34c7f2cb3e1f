package options

import (
	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
)

// EnhancedMode says when connect declares Enhanced RTMP. Some servers cannot read its fields, and
// ignore the whole command.
type EnhancedMode uint8

const (
	EnhancedAuto EnhancedMode = iota // when the media that is known by then needs it
	EnhancedOn                       // always
	EnhancedV2                       // always; and the server takes all of version 2, whatever it declares
	EnhancedOff                      // never
)

// set sets the mode by its word. "declared" is the older word for "on".
func (e *EnhancedMode) set(name, value string) error {
	switch value {
	case "auto":
		*e = EnhancedAuto
	case "on", "declared":
		*e = EnhancedOn
	case "v2":
		*e = EnhancedV2
	case "off":
		*e = EnhancedOff
	default:
		return rtmperr.New(rtmperr.ErrInvalid, `option %q: %q, expected "auto", "on" (or "declared"), "v2" or "off"`, name, brief.Text(value))
	}
	return nil
}
