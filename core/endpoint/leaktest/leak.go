package leaktest

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// shortest is how many bytes of a secret in a row are too many.
const shortest = 8

// Forms returns a secret in the forms in which a server may repeat it.
func Forms(secret string) map[string]string {
	each := func(f func(c byte) string) string {
		var b strings.Builder
		for i := range len(secret) {
			b.WriteString(f(secret[i]))
		}
		return b.String()
	}
	format := func(how string) func(c byte) string {
		return func(c byte) string { return fmt.Sprintf(how, c) }
	}
	behind := func(what string) func(c byte) string { return func(c byte) string { return string(c) + what } }
	all := map[string]string{
		"as it is":            secret,
		"in upper case":       strings.ToUpper(secret),
		"in lower case":       strings.ToLower(secret),
		"cut off":             secret[:shortest],
		"its end":             secret[len(secret)-shortest:],
		"in a word":           "x" + secret + "y",
		"percent":             each(format("%%%02X")),
		"percent, lower case": each(format("%%%02x")),
		"percent twice":       each(format("%%25%02x")),
		"path":                url.PathEscape(secret),
		"query":               url.QueryEscape(secret),
		"JSON":                each(format(`\u%04x`)),
		"JSON in JSON":        each(format(`\\u%04X`)),
		"JSON quoted":         strconv.Quote(secret),
		"slashes escaped":     strings.ReplaceAll(secret, "/", `\/`),
		"JavaScript":          each(format(`\x%02x`)),
		"HTML":                html.EscapeString(secret),
		"HTML numbers":        each(format("&#%d;")),
		"HTML hexadecimal":    each(format("&#x%X;")),
		"HTML in HTML":        each(format("&amp;#%d;")),
		"control characters":  each(behind("\x01")),
		"line ends":           each(behind("\r\n")),
		"invalid bytes":       each(behind("\xff\xc3")),
		"invisible":           each(behind("\u200b\u00ad")),
		"percent and control": each(format("\x00%%%02x")),
		"encoded controls":    each(behind("%00%0a")),
	}
	for name, e := range map[string]*base64.Encoding{
		"base64": base64.StdEncoding, "raw base64": base64.RawStdEncoding, "base64 for URLs": base64.URLEncoding, "raw base64 for URLs": base64.RawURLEncoding,
	} {
		all[name] = e.EncodeToString([]byte(secret))
		all[name+" in JSON"] = strings.ReplaceAll(all[name], "/", `\/`)
		all[name+" in a query"] = url.QueryEscape(all[name])
	}
	for i, before := range []string{"u:", "user:", "any:"} {
		all["base64 with a user "+strconv.Itoa(i)] = base64.StdEncoding.EncodeToString([]byte(before + secret))
	}
	return all
}

var (
	percentPattern = regexp.MustCompile(`%[0-9a-fA-F]{2}`)
	jsonPattern    = regexp.MustCompile(`\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)`)
)

// decoders undo the encodings that readers of a log know.
var decoders = []func(string) string{
	html.UnescapeString,
	func(s string) string {
		return percentPattern.ReplaceAllStringFunc(s, func(e string) string {
			n, _ := strconv.ParseUint(e[1:], 16, 8)
			return string([]byte{byte(n)})
		})
	},
	func(s string) string {
		return jsonPattern.ReplaceAllStringFunc(s, func(e string) string {
			if n, err := strconv.ParseUint(e[2:], 16, 32); err == nil && len(e) > 2 {
				return string(rune(n))
			}
			return e[1:]
		})
	},
}

// readings returns a text as it reads with encodings undone, each of them and two after each other.
func readings(text string) []string {
	all := []string{text}
	for range 2 {
		for _, known := range all {
			for _, decode := range decoders {
				all = append(all, decode(known))
			}
		}
	}
	return all
}

// Leaked returns what of a secret a text shows, empty if nothing.
func Leaked(text, secret string) string {
	visible := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == unicode.ReplacementChar || !unicode.IsGraphic(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	looked := []string{visible(secret)}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		looked = append(looked, visible(e.EncodeToString([]byte(secret))))
	}
	for _, reading := range readings(text) {
		reading = visible(reading)
		for _, s := range looked {
			for i := 0; i+shortest <= len(s); i++ {
				if strings.Contains(reading, s[i:i+shortest]) {
					return s[i : i+shortest]
				}
			}
		}
	}
	return ""
}
