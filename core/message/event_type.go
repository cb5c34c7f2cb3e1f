package message

import "fmt"

// EventType says what a UserControl message is about.
type EventType uint16

// Event types. RTMP 1.0, 7.1.7.
const (
	StreamBegin      EventType = 0
	StreamEOF        EventType = 1
	StreamDry        EventType = 2
	SetBufferLength  EventType = 3
	StreamIsRecorded EventType = 4
	PingRequest      EventType = 6
	PingResponse     EventType = 7
)

// events are the names and the sizes of the data of the events.
var events = [...]struct {
	name string
	size int
}{
	StreamBegin:      {"stream begin", 4},
	StreamEOF:        {"stream EOF", 4},
	StreamDry:        {"stream dry", 4},
	SetBufferLength:  {"set buffer length", 8},
	StreamIsRecorded: {"stream is recorded", 4},
	PingRequest:      {"ping request", 4},
	PingResponse:     {"ping response", 4},
}

// String returns the name of the event in the specification's words.
func (e EventType) String() string {
	if int(e) < len(events) && events[e].name != "" {
		return events[e].name
	}
	return fmt.Sprintf("event type %d", uint16(e))
}

// size is of how many bytes the data of an event is at least.
func (e EventType) size() int {
	if int(e) < len(events) {
		return events[e].size
	}
	return 0
}
