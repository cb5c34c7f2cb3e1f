package options

import (
	"time"
)

// Options of a Publisher; they take effect at the next Connect.
type Options struct {
	Timeout    time.Duration // for each of: resolving + TCP, handshake, a command's reply, a write without progress
	QueueMedia time.Duration // most media time that may wait
	QueueBytes int           // most bytes that may wait
	ChunkSize  uint32        // outgoing chunk size
	App        *string       // replaces the URL's application, also by an empty text; nil takes the URL's
	Stream     *string       // replaces the URL's stream, also by an empty text; nil takes the URL's
	FlashVer   string        // what `connect` says
	TCURL      string        // what `connect` says; "" = from the URL
	Name       string        // what lines of the log call the Publisher; "" = the URL without its secrets

	LegacyHEVC  bool // HEVC as codec id 12 instead of `hvc1`
	SilentAudio bool // silent AAC beside video that has no audio; see silence.go

	// Enhanced says when connect declares Enhanced RTMP.
	Enhanced EnhancedMode

	// AudioOptional lets video go alone to a server that does not take its audio. Otherwise that is
	// an error.
	AudioOptional bool

	Bind      string   // local address or interface to connect from; "" leaves it to the system
	Redirect  Redirect // where a server's request to reconnect may lead
	Reconnect Reconnect
	TLS       TLS

	BitrateFloor uint32 // kbit/s: no less is asked of an encoder

	StatsInterval time.Duration // between two lines of statistics in the log
}

// maxText bounds what `connect` says: nginx-rtmp takes 256 bytes, others more.
const maxText = 8 << 10

// Default returns the values that hold where nothing is set.
func Default() Options {
	o := Options{StatsInterval: 10 * time.Second}
	for i := range table {
		if row := &table[i]; row.Default != "" {
			v, _ := row.parse(row.Default) // a test has parsed all of them
			row.set(&o, v)
		}
	}
	return o
}
