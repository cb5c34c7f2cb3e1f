package endpoint

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"slices"
	"strings"

	"luatrtmp/core/rtmperr"
)

// Servers repeat in their answers what they were told: the tcUrl, the name of the stream, a token. What others say is therefore
// masked before it becomes part of an error, of a line of the log or of a description: secrets.redact is the one function
// that does this. Our own words never pass it, because a stream can be called "connection".

const (
	mask = "..."

	// secretWindow is how many bytes of a secret in a row are too many. Shorter secrets are masked where they stand as whole
	// words.
	secretWindow = 8

	// minBase64 is how long a secret is whose base64 is looked for.
	minBase64 = 6

	// MaxForeign bounds how much of a foreign text is looked at. It is more than maxServerText, because masks are shorter
	// than what they stand for.
	MaxForeign = 4 << 10

	// foreignSlack is how much before the end of a text that was cut is not shown: a short secret that was cut would not
	// be found. It is more than a short secret needs in any encoding.
	foreignSlack = 64
)

// Redact returns what may be shown of a foreign text; see secrets.redact.
func (e *Endpoint) Redact(text string) string {
	if text == "" {
		return ""
	}
	return e.Secrets().redact(text)
}

// Masked is the target for people: without user, password, stream key, and what may be a token in the application.
func (e *Endpoint) Masked() string {
	if e.Stream == "" { // the application is the name of the stream
		return e.place() + mask
	}
	app, _, hasQuery := strings.Cut(e.App, "?")
	app = e.Redact(app)
	if hasQuery {
		app += "?" + mask
	}
	return e.place() + app + "/" + mask
}

// redact returns a foreign text so that it can be part of a message: short, without control characters, and with a mask in
// place of each part of a secret. Of a secret of secretWindow bytes or more no secretWindow bytes in a row are left, whether they
// stand in the text as they are, in other case, with control characters or invalid bytes between them, percent-encoded, in
// escapes of JSON or HTML, in several of these encodings, or whole in base64. Shorter secrets are masked as whole words.
func (s secrets) redact(foreign string) string {
	text := foreign[:min(len(foreign), MaxForeign)]
	views, ok := viewsOf(text)
	if !ok {
		return mask // nobody encodes a text so often, unless to hide something
	}
	shown := len(text)
	if len(text) < len(foreign) {
		shown -= foreignSlack
	}
	hidden := make([]bool, len(text))
	s.hide(views, hidden)
	var b strings.Builder
	for i := 0; i < shown; i++ {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(mask)
		}
	}
	return rtmperr.Readable(b.String())
}

// hide sets hidden for each byte of a text, of which views are given, that belongs to a secret.
func (s secrets) hide(views []view, hidden []bool) {
	windows := map[uint64]bool{} // of the text; true: a secret has the same
	for _, v := range views {
		for i := 0; i+secretWindow <= len(v.text); i++ {
			windows[window(v.text[i:])] = false
		}
	}
	words := map[string]bool{}
	for _, secret := range slices.Concat(s.owner, s.servers) {
		for _, form := range formsOf(secret) {
			if len(form) < secretWindow {
				words[string(form)] = true
				continue
			}
			for i := 0; i+secretWindow <= len(form); i++ {
				w := window(form[i:])
				if _, ok := windows[w]; ok {
					windows[w] = true
				}
			}
		}
	}
	for _, v := range views {
		for i := 0; i+secretWindow <= len(v.text); i++ {
			if windows[window(v.text[i:])] {
				v.hide(i, i+secretWindow, hidden)
			}
		}
		v.hideWords(words, hidden)
	}
}

// window returns the first bytes of a text as a number.
func window(text []byte) uint64 { return binary.BigEndian.Uint64(text) }

// formsOf returns the forms in which a secret is looked for: its views, and those of its base64.
func formsOf(secret string) [][]byte {
	var forms [][]byte
	views, _ := viewsOf(secret)
	for _, v := range views {
		forms = append(forms, v.text)
	}
	if len(secret) < minBase64 {
		return slices.DeleteFunc(forms, isNoWord)
	}
	plain := []string{secret}
	for _, unescape := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
		if text, err := unescape(secret); err == nil && !slices.Contains(plain, text) {
			plain = append(plain, text)
		}
	}
	for _, text := range plain {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			// What stands in front of the secret decides which of its bits make a character together.
			forms = append(forms, fold(newView(encoding.EncodeToString([]byte(text)))).text)
			for before, skip := range map[string]int{"\x00": 2, "\x00\x00": 3} {
				encoded := encoding.EncodeToString([]byte(before + text))
				if end := (len(before) + len(text)) * 8 / 6; end-skip >= secretWindow {
					forms = append(forms, fold(newView(encoded[skip:end])).text)
				}
			}
		}
	}
	return slices.DeleteFunc(forms, isNoWord)
}

// isNoWord reports whether a form of a secret is short and consists of punctuation.
func isNoWord(form []byte) bool {
	return len(form) < secretWindow && !slices.ContainsFunc(form, isWordByte)
}
