package options

import (
	"strconv"
	"strings"
	"time"

	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
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

	// AudioOptional lets video go alone to a server that does not take its audio. Otherwise that is an error.
	AudioOptional bool

	Bind      string   // local address or interface to connect from; "" leaves it to the system
	Redirect  Redirect // where a server's request to reconnect may lead
	Reconnect Reconnect
	TLS       TLS

	BitrateFloor uint32 // kbit/s: no less is asked of an encoder

	StatsInterval time.Duration // between two lines of statistics in the log
}

// defaultChunkSize: larger than nearly every message, so that a frame is one chunk, and below 65536, the most that
// node-media-server takes.
const defaultChunkSize = 60000

// Default returns the values that hold where nothing is set.
func Default() Options {
	return Options{
		Timeout:    5 * time.Second,
		QueueMedia: 2 * time.Second,
		QueueBytes: 4 << 20,
		ChunkSize:  defaultChunkSize,
		FlashVer:   "FMLE/3.0 (compatible; FMSc/1.0)", // some servers let in nobody else

		Reconnect: Reconnect{Min: time.Second, Max: time.Minute},

		BitrateFloor:  50,
		StatsInterval: 10 * time.Second,
	}
}

// maxText bounds what `connect` says: nginx-rtmp takes 256 bytes, others more.
const maxText = 8 << 10

// Set sets an option by its name in the C and Lua APIs, from text.
func (o *Options) Set(name, value string) error {
	switch name {
	case "timeout":
		return setMilliseconds(&o.Timeout, name, value, 10, 10*60*1000)
	case "queue_ms":
		return setMilliseconds(&o.QueueMedia, name, value, 100, 60*60*1000)
	case "queue_bytes":
		n, err := number(name, value, 64<<10, 1<<30)
		if err == nil {
			o.QueueBytes = int(n)
		}
		return err
	case "chunk_size":
		n, err := number(name, value, 128, 0x7FFFFFFF)
		if err == nil {
			o.ChunkSize = uint32(n)
		}
		return err
	case "bitrate_floor":
		n, err := number(name, value, 1, 1_000_000)
		if err == nil {
			o.BitrateFloor = uint32(n)
		}
		return err
	case "app":
		return setPart(&o.App, name, value)
	case "stream":
		return setPart(&o.Stream, name, value)
	case "flash_ver":
		return setText(&o.FlashVer, name, value)
	case "tc_url":
		return setText(&o.TCURL, name, value)
	case "name":
		return setText(&o.Name, name, value)
	case "hevc":
		return setChoice(&o.LegacyHEVC, name, value, "enhanced", "legacy")
	case "bind":
		if err := checkBind(value); err != nil {
			return err
		}
		o.Bind = value
		return nil
	case "redirect":
		return o.Redirect.set(name, value)
	case "silent_audio":
		return setChoice(&o.SilentAudio, name, value, "false", "true")
	case "enhanced":
		return o.Enhanced.set(name, value)
	case "audio_optional":
		return setChoice(&o.AudioOptional, name, value, "false", "true")
	}
	if known, err := o.Reconnect.set(name, value); known {
		return err
	}
	if known, err := o.TLS.set(name, value); known {
		return err
	}
	return rtmperr.New(rtmperr.ErrInvalid, "unknown option %q; expected one of %s", brief.Text(name), strings.Join(optionNames, ", "))
}

// optionNames lists what Set takes, for messages.
var optionNames = []string{
	"timeout", "queue_ms", "queue_bytes", "bitrate_floor", "chunk_size", "app", "stream", "flash_ver", "tc_url", "name",
	"hevc", "enhanced", "audio_optional", "silent_audio", "bind", "redirect", "reconnect", "reconnect_min_ms", "reconnect_max_ms", "reconnect_attempts",
	"tls_ca", "tls_server_name", "tls_insecure",
}

func number(name, value string, least, most int64) (int64, error) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f != float64(int64(f)) || int64(f) < least || int64(f) > most {
		return 0, rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected a whole number from %d to %d", name, brief.Text(value), least, most)
	}
	return int64(f), nil
}

func setMilliseconds(d *time.Duration, name, value string, least, most int64) error {
	n, err := number(name, value, least, most)
	if err == nil {
		*d = time.Duration(n) * time.Millisecond
	}
	return err
}

// setChoice sets b by one of two words, which stand for false and true.
func setChoice(b *bool, name, value, no, yes string) error {
	if value != no && value != yes {
		return rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected %q or %q", name, brief.Text(value), no, yes)
	}
	*b = value == yes
	return nil
}

func setText(s *string, name, value string) error {
	if value == "" {
		return rtmperr.New(rtmperr.ErrInvalid, "option %q: expected text of 1 to %d bytes without control characters", name, maxText)
	}
	var part *string
	err := setPart(&part, name, value)
	if err == nil {
		*s = *part
	}
	return err
}

// setPart sets a text that may be empty.
func setPart(s **string, name, value string) error {
	if len(value) > maxText || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return rtmperr.New(rtmperr.ErrInvalid, "option %q: expected text of up to %d bytes without control characters", name, maxText)
	}
	*s = &value
	return nil
}
