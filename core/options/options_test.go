package options

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
)

// What a message lists is what Set knows.
func TestOptionNames(t *testing.T) {
	for _, row := range All() {
		name := row.Name
		if row.Default != "" {
			_, err := row.parse(row.Default)
			require.NoError(t, err, name)
		}
		var o Options
		if err := o.Set(name, "\x01"); err != nil {
			require.NotContains(t, err.Error(), "unknown option", name)
		}
	}
	var o Options
	require.ErrorContains(t, o.Set("tines", "1"), `unknown option "tines"; expected one of timeout, queue_ms,`)
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name, value string
		change      func(*Options)
	}{
		{"timeout", "10", func(o *Options) { o.Timeout = 10 * time.Millisecond }},
		{"timeout", "600000", func(o *Options) { o.Timeout = 10 * time.Minute }},
		{"timeout", "1500.0", func(o *Options) { o.Timeout = 1500 * time.Millisecond }},
		{"queue_ms", "100", func(o *Options) { o.QueueMedia = 100 * time.Millisecond }},
		{"queue_bytes", "65536", func(o *Options) { o.QueueBytes = 65536 }},
		{"chunk_size", "128", func(o *Options) { o.ChunkSize = 128 }},
		{"chunk_size", "2147483647", func(o *Options) { o.ChunkSize = 0x7FFFFFFF }},
		{"app", "a?vhost=b", func(o *Options) { o.App = new("a?vhost=b") }},
		{"stream", "s/t", func(o *Options) { o.Stream = new("s/t") }},
		{"app", "", func(o *Options) { o.App = new("") }},
		{"stream", "", func(o *Options) { o.Stream = new("") }},
		{"flash_ver", "LNX 9,0", func(o *Options) { o.FlashVer = "LNX 9,0" }},
		{"tc_url", "rtmp://x/y", func(o *Options) { o.TCURL = "rtmp://x/y" }},
		{"bitrate_floor", "200", func(o *Options) { o.BitrateFloor = 200 }},
		{"bind", "eth0", func(o *Options) { o.Bind = "eth0" }},
		{"bind", "::1", func(o *Options) { o.Bind = "::1" }},
		{"redirect", "any", func(*Options) {}},
		{"redirect", "same", func(o *Options) { o.Redirect = RedirectSame }},
		{"redirect", "off", func(o *Options) { o.Redirect = RedirectOff }},
		{"hevc", "legacy", func(o *Options) { o.LegacyHEVC = true }},
		{"hevc", "enhanced", func(*Options) {}},
		{"silent_audio", "true", func(o *Options) { o.SilentAudio = true }},
		{"silent_audio", "false", func(*Options) {}},
		{"enhanced", "v2", func(o *Options) { o.Enhanced = EnhancedV2 }},
		{"enhanced", "on", func(o *Options) { o.Enhanced = EnhancedOn }},
		{"enhanced", "declared", func(o *Options) { o.Enhanced = EnhancedOn }},
		{"enhanced", "off", func(o *Options) { o.Enhanced = EnhancedOff }},
		{"enhanced", "auto", func(*Options) {}},
		{"audio_optional", "true", func(o *Options) { o.AudioOptional = true }},
		{"audio_optional", "false", func(*Options) {}},
		{"reconnect", "true", func(o *Options) { o.Reconnect.On = true }},
		{"reconnect", "false", func(*Options) {}},
		{"reconnect_min_ms", "10", func(o *Options) { o.Reconnect.Min = 10 * time.Millisecond }},
		{"reconnect_max_ms", "86400000", func(o *Options) { o.Reconnect.Max = 24 * time.Hour }},
		{"tls_server_name", "h", func(o *Options) { o.TLS.ServerName = "h" }},
		{"tls_insecure", "true", func(o *Options) { o.TLS.Insecure = true }},
		{"tls_insecure", "false", func(*Options) {}},
		{"reconnect_attempts", "3", func(o *Options) { o.Reconnect.Attempts = 3 }},
	} {
		got, want := Default(), Default()
		c.change(&want)
		require.NoError(t, got.Set(c.name, c.value))
		require.Equal(t, want, got, c.name)
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct{ name, value, text string }{
		{"timeout", "9", "10 to 600000"},
		{"timeout", "600001", "10 to 600000"},
		{"timeout", "", "whole number"},
		{"timeout", "1.5", "whole number"},
		{"timeout", "soon", `"soon"`},
		{"timeout", "NaN", "whole number"},
		{"timeout", "Inf", "whole number"},
		{"timeout", "1e300", "whole number"},
		{"queue_ms", "99", "100"},
		{"queue_bytes", "65535", "65536"},
		{"chunk_size", "127", "128"},
		{"chunk_size", "2147483648", "2147483647"},
		{"app", "a\tb", "up to 8192 bytes"},
		{"stream", "a\nb", "control"},
		{"flash_ver", "", "1 to 8192 bytes"},
		{"flash_ver", strings.Repeat("x", maxText+1), "8192 bytes"},
		{"tc_url", "\x7f", "control"},
		{"tls", "1", `"tls"`},
		{"bitrate_floor", "0", "1 to 1000000"},
		{"bind", "::1:80:x y", "expected an IP address of this machine"},
		{"redirect", "none", `"redirect": "none", expected "any", "same" or "off"`},
		{"hevc", "old", `"old", expected "enhanced" or "legacy"`},
		{"hevc", "", `expected "enhanced"`},
		{"silent_audio", "1", `"1", expected true or false`},
		{"enhanced", "v1", `"v1", expected "auto", "on" (or "declared"), "v2" or "off"`},
		{"reconnect", "1", `"reconnect": "1", expected true or false`},
		{"reconnect_min_ms", "9", "10 to"},
		{"reconnect_max_ms", "1e9", "10 to"},
		{"reconnect_attempts", "-1", "0 to"},
		{"tls", "1", `"tls": a table in Lua; here the options are tls_ca, tls_server_name and tls_insecure`},
		{"tls_ca", "/no/such/file.pem", "/no/such/file.pem: no such file"},
		{"tls_ca", "/", "is a directory"},
		{"tls_ca", "options_test.go", "no certificate in options_test.go: expected a PEM file"},
		{"tls_ca", "/dev/zero", "is it a file of certificates?"},
		{"tls_ca", "", "no such file"},
		{"tls_server_name", "", "expected text"},
		{"tls_insecure", "yes", "expected true or false"},
		{"Timeout", "1000", `unknown option "Timeout"`},
		{"", "", "unknown option"},
	} {
		o := Default()
		err := o.Set(c.name, c.value)
		require.ErrorIs(t, err, rtmperr.ErrInvalid, c.name)
		require.ErrorContains(t, err, c.text)
		require.Equal(t, Default(), o, "a refused option changes nothing")
	}
}

func TestDefaults(t *testing.T) {
	require.Equal(t, Options{
		Timeout:       5 * time.Second,
		QueueMedia:    2 * time.Second,
		QueueBytes:    4 << 20,
		ChunkSize:     60000,
		FlashVer:      "FMLE/3.0 (compatible; FMSc/1.0)",
		Reconnect:     Reconnect{Min: time.Second, Max: time.Minute},
		BitrateFloor:  50,
		StatsInterval: 10 * time.Second,
	}, Default())
}
