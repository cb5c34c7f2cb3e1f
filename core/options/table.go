package options

import (
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
	"time"

	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
)

// Kind says which values an option takes.
type Kind uint8

const (
	Milliseconds Kind = iota // a whole number from Min to Max
	Number                   // the same
	Boolean                  // "true" or "false"
	Choice                   // one of Words
	Text                     // 1 to maxText bytes without control characters
	Part                     // the same, or an empty text
	Origin                   // a local address, or the name of a network interface
	File                     // the path of a file, which is read at once
)

// Option is a row of the table of options: all that there is to know of one but what works by it.
// The READMEs and the types that the Lua face expects are compared with it by a test.
type Option struct {
	Name     string // in the C and Lua APIs
	Kind     Kind
	Min, Max int64    // of Milliseconds and Number
	Words    []string // of a Choice
	Older    string   // a word that stands for Words[1], too; "": there is none
	Default  string   // what holds where nothing is set; "": something that no value of the option says

	set func(o *Options, v value)
}

// value is what a text stands for, by the option's kind.
type value struct {
	number int64 // or the place of a word
	on     bool
	text   string
	pool   *x509.CertPool
}

func (v value) duration() time.Duration { return time.Duration(v.number) * time.Millisecond }

// table has all options, in the order in which messages list them.
var table = []Option{
	{
		Name: "timeout", Kind: Milliseconds, Min: 10, Max: 10 * 60 * 1000, Default: "5000",
		set: func(o *Options, v value) { o.Timeout = v.duration() },
	},
	{
		Name: "queue_ms", Kind: Milliseconds, Min: 100, Max: 60 * 60 * 1000, Default: "2000",
		set: func(o *Options, v value) { o.QueueMedia = v.duration() },
	},
	{
		Name: "queue_bytes", Kind: Number, Min: 64 << 10, Max: 1 << 30, Default: "4194304",
		set: func(o *Options, v value) { o.QueueBytes = int(v.number) },
	},
	{
		Name: "bitrate_floor", Kind: Number, Min: 1, Max: 1_000_000, Default: "50",
		set: func(o *Options, v value) { o.BitrateFloor = uint32(v.number) },
	},
	{
		// The default is larger than nearly every message, so that a frame is one chunk, and below
		// 65536, the most that node-media-server takes.
		Name: "chunk_size", Kind: Number, Min: 128, Max: 0x7FFFFFFF, Default: "60000",
		set: func(o *Options, v value) { o.ChunkSize = uint32(v.number) },
	},
	{Name: "app", Kind: Part, set: func(o *Options, v value) { o.App = &v.text }},
	{Name: "stream", Kind: Part, set: func(o *Options, v value) { o.Stream = &v.text }},
	{
		// Some servers let in nobody but this.
		Name: "flash_ver", Kind: Text, Default: "FMLE/3.0 (compatible; FMSc/1.0)",
		set: func(o *Options, v value) { o.FlashVer = v.text },
	},
	{Name: "tc_url", Kind: Text, set: func(o *Options, v value) { o.TCURL = v.text }},
	{Name: "name", Kind: Text, set: func(o *Options, v value) { o.Name = v.text }},
	{
		Name: "hevc", Kind: Choice, Words: []string{"enhanced", "legacy"}, Default: "enhanced",
		set: func(o *Options, v value) { o.LegacyHEVC = v.number == 1 },
	},
	{
		Name: "enhanced", Kind: Choice, Older: "declared", Default: "auto",
		Words: []string{EnhancedAuto: "auto", EnhancedOn: "on", EnhancedV2: "v2", EnhancedOff: "off"},
		set:   func(o *Options, v value) { o.Enhanced = EnhancedMode(v.number) },
	},
	{Name: "audio_optional", Kind: Boolean, Default: "false", set: func(o *Options, v value) { o.AudioOptional = v.on }},
	{Name: "silent_audio", Kind: Boolean, Default: "false", set: func(o *Options, v value) { o.SilentAudio = v.on }},
	{Name: "bind", Kind: Origin, set: func(o *Options, v value) { o.Bind = v.text }},
	{
		Name: "redirect", Kind: Choice, Words: []string{RedirectAny: "any", RedirectSame: "same", RedirectOff: "off"}, Default: "any",
		set: func(o *Options, v value) { o.Redirect = Redirect(v.number) },
	},
	{Name: "reconnect", Kind: Boolean, Default: "false", set: func(o *Options, v value) { o.Reconnect.On = v.on }},
	{
		Name: "reconnect_min_ms", Kind: Milliseconds, Min: 10, Max: 60 * 60 * 1000, Default: "1000",
		set: func(o *Options, v value) { o.Reconnect.Min = v.duration() },
	},
	{
		Name: "reconnect_max_ms", Kind: Milliseconds, Min: 10, Max: 24 * 60 * 60 * 1000, Default: "60000",
		set: func(o *Options, v value) { o.Reconnect.Max = v.duration() },
	},
	{
		Name: "reconnect_attempts", Kind: Number, Min: 0, Max: 1_000_000, Default: "0",
		set: func(o *Options, v value) { o.Reconnect.Attempts = int(v.number) },
	},
	{Name: OptionCA, Kind: File, set: func(o *Options, v value) { o.TLS.CA = v.pool }},
	{Name: "tls_server_name", Kind: Text, set: func(o *Options, v value) { o.TLS.ServerName = v.text }},
	{Name: "tls_insecure", Kind: Boolean, Default: "false", set: func(o *Options, v value) { o.TLS.Insecure = v.on }},
}

// All returns the table of options.
func All() []Option { return slices.Clone(table) }

// Set sets an option by its name in the C and Lua APIs, from text.
func (o *Options) Set(name, value string) error {
	i := slices.IndexFunc(table, func(row Option) bool { return row.Name == name })
	if i < 0 {
		return unknown(name)
	}
	v, err := table[i].parse(value)
	if err == nil {
		table[i].set(o, v)
	}
	return err
}

func unknown(name string) error {
	if name == "tls" {
		return rtmperr.New(rtmperr.ErrInvalid, "option %q: a table in Lua; here the options are tls_ca, tls_server_name and tls_insecure", name)
	}
	var names []string
	for _, row := range All() {
		names = append(names, row.Name)
	}
	return rtmperr.New(rtmperr.ErrInvalid, "unknown option %q; expected one of %s", brief.Text(name), strings.Join(names, ", "))
}

// parse returns what a text stands for, or says which values the option takes.
func (row *Option) parse(text string) (v value, err error) {
	switch row.Kind {
	case Milliseconds, Number:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != float64(int64(f)) || int64(f) < row.Min || int64(f) > row.Max {
			return v, rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected a whole number from %d to %d",
				row.Name, brief.Text(text), row.Min, row.Max)
		}
		v.number = int64(f)
	case Boolean:
		if text != "true" && text != "false" {
			return v, rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected true or false", row.Name, brief.Text(text))
		}
		v.on = text == "true"
	case Choice:
		i := slices.Index(row.Words, text)
		if i < 0 && text != "" && text == row.Older {
			i = 1
		}
		if i < 0 {
			return v, rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected %s", row.Name, brief.Text(text), row.choices())
		}
		v.number = int64(i)
	case Text, Part:
		if len(text) > maxText || text == "" && row.Kind == Text ||
			strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) {
			size := "up to"
			if row.Kind == Text {
				size = "1 to"
			}
			return v, rtmperr.New(rtmperr.ErrInvalid, "option %q: expected text of %s %d bytes without control characters", row.Name, size, maxText)
		}
		v.text = text
	case Origin:
		v.text, err = text, checkBind(text)
	case File:
		v.pool, err = LoadCA(row.Name, text)
	}
	return v, err
}

// choices lists the words of a Choice for a message.
func (row *Option) choices() string {
	list := ""
	for i, word := range row.Words {
		switch {
		case i == 0:
		case i == len(row.Words)-1:
			list += " or "
		default:
			list += ", "
		}
		list += strconv.Quote(word)
		if i == 1 && row.Older != "" {
			list += " (or " + strconv.Quote(row.Older) + ")"
		}
	}
	return list
}
