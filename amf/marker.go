package amf

import "fmt"

// marker is the byte in front of each value that names its type. 2.1.
type marker uint8

const (
	markerNumber      marker = 0x00
	markerBoolean     marker = 0x01
	markerString      marker = 0x02
	markerObject      marker = 0x03
	markerMovieClip   marker = 0x04
	markerNull        marker = 0x05
	markerUndefined   marker = 0x06
	markerReference   marker = 0x07
	markerECMAArray   marker = 0x08
	markerObjectEnd   marker = 0x09
	markerStrictArray marker = 0x0A
	markerDate        marker = 0x0B
	markerLongString  marker = 0x0C
	markerUnsupported marker = 0x0D
	markerRecordSet   marker = 0x0E
	markerXML         marker = 0x0F
	markerTypedObject marker = 0x10
	markerAVMPlus     marker = 0x11
)

// refusal says why no value can begin with m.
func (m marker) refusal() string {
	switch m {
	case markerMovieClip: // 2.6.
		return "0x04 (MovieClip) is reserved"
	case markerObjectEnd: // 2.11.
		return "0x09 (object end) outside an object"
	case markerRecordSet: // 2.16.
		return "0x0E (RecordSet) is reserved"
	case markerAVMPlus:
		return "0x11 (AVM+) switches to AMF3"
	default:
		return fmt.Sprintf("0x%02X is unknown", uint8(m))
	}
}
