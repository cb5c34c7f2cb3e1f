package endpoint

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"luatrtmp/core/rtmperr"
)

// Servers repeat in their answers what they were told: the tcUrl, the name of the stream, a token. What others say is therefore
// masked before it becomes part of an error, of a line of the log or of a description: secrets.redact is the one function
// that does this. Our own words never pass it, because a stream can be called "connection".

// secrets are texts that must not appear in a message: passwords, the names of streams and the values of queries. The zero
// value has none. A value of this type is never changed, only replaced.
type secrets struct {
	owner   []string // of URLs and options that the owner has set, the newest last
	servers []string // of the addresses to which servers have sent the stream, the newest last
}

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

	// maxOwnerSecrets and maxServerSecrets bound what is remembered of earlier URLs, in bytes. What servers say cannot make
	// the secrets of the owner be forgotten.
	maxOwnerSecrets  = 32 << 10
	maxServerSecrets = 16 << 10
)

// and returns the secrets of both.
func (s secrets) and(other secrets) secrets {
	return secrets{remember(s.owner, other.owner, maxOwnerSecrets), remember(s.servers, other.servers, maxServerSecrets)}
}

// remember returns old and then more, without duplicates. The oldest are forgotten if all are larger than limit, but never
// one of more.
func remember(old, more []string, limit int) []string {
	switch {
	case len(old) == 0:
		return more
	case len(more) == 0:
		return old
	}
	all := slices.Concat(old, more)
	seen := make(map[string]bool, len(all))
	var kept []string // the newest first
	size := 0
	for i, text := range slices.Backward(all) {
		if seen[text] {
			continue
		}
		if size += len(text); size > limit && i < len(old) {
			break
		}
		seen[text] = true
		kept = append(kept, text)
	}
	slices.Reverse(kept)
	return kept
}

// ownSecrets returns what is secret of the target alone.
func (e *Endpoint) ownSecrets() secrets {
	name, query, _ := strings.Cut(e.Stream, "?")
	if e.Stream == "" {
		name, _, _ = strings.Cut(e.App, "?") // some servers call the stream by the application alone
	}
	all := append([]string{name}, queryValues(query)...)
	if e.User != nil {
		all = append(all, e.User.Password, url.PathEscape(e.User.Password), url.QueryEscape(e.User.Password))
	}
	for _, text := range []string{e.App, e.TCURL} {
		all = append(all, addressSecrets(text)...)
	}
	all = slices.DeleteFunc(all, func(text string) bool { return text == "" })
	slices.Sort(all)
	all = slices.Compact(all)
	if e.fromServer {
		return secrets{servers: all}
	}
	return secrets{owner: all}
}

// addressSecrets returns the password and the values of the query of a text that is a URL or was meant to be one.
func addressSecrets(text string) []string {
	place, query, _ := strings.Cut(text, "?")
	all := queryValues(query)
	for _, part := range []string{place, text} { // a '?' may stand in a password
		if _, rest, ok := strings.Cut(part, "://"); ok {
			part = rest
		}
		if end := strings.LastIndexByte(part, '@'); end >= 0 {
			_, password, _ := strings.Cut(part[:end], ":")
			all = append(all, password)
		}
	}
	return all
}

// queryValues returns the values of a query's parameters. A parameter without a name is one, too.
func queryValues(query string) []string {
	var all []string
	for _, separators := range []string{"&?", "&?;"} {
		for _, parameter := range strings.FieldsFunc(query, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			if _, value, named := strings.Cut(parameter, "="); named {
				all = append(all, value)
			} else {
				all = append(all, parameter)
			}
		}
	}
	return all
}

// KnownSecrets are those of all addresses that a stream has had or was to have. Its methods may be called from any goroutine.
type KnownSecrets struct {
	mu  sync.Mutex
	all secrets
}

// add returns what is known together with more, and remembers it.
func (k *KnownSecrets) add(more secrets) secrets {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = k.all.and(more)
	return k.all
}

// secrets returns what must not be shown of a target and of the places where the stream was before.
func (e *Endpoint) Secrets() secrets {
	if e.Known == nil {
		return e.ownSecrets()
	}
	return e.Known.add(e.ownSecrets())
}

// redact returns what may be shown of a foreign text; see secrets.redact.
func (e *Endpoint) Redact(text string) string {
	if text == "" {
		return ""
	}
	return e.Secrets().redact(text)
}

// remember makes the secrets of an address known that a server has given, and that may be malformed.
func (e *Endpoint) Remember(address string) {
	if e.Known != nil {
		e.Known.add(secrets{servers: addressSecrets(address)})
	}
}

// masked is the target for people: without user, password, stream key, and what may be a token in the application.
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

// view is a text as it reads when some of its encodings are undone. It knows where in the original its bytes come from.
type view struct {
	text     []byte
	from, to []int // the bytes of the original that stand for each byte
}

func newView(text string) view {
	v := view{text: []byte(text), from: make([]int, len(text)), to: make([]int, len(text))}
	for i := range v.text {
		v.from[i], v.to[i] = i, i+1
	}
	return v
}

// add adds bytes that stand in another view from i to before end.
func (v *view) add(text []byte, of view, i, end int) {
	for _, b := range text {
		v.text = append(v.text, b)
		v.from, v.to = append(v.from, of.from[i]), append(v.to, of.to[end-1])
	}
}

// hide sets hidden for what stands from i to before end.
func (v *view) hide(i, end int, hidden []bool) {
	for at := v.from[i]; at < v.to[end-1]; at++ {
		hidden[at] = true
	}
}

// hideWords sets hidden wherever one of some words, which are shorter than secretWindow, is no part of a longer one.
func (v *view) hideWords(words map[string]bool, hidden []bool) {
	if len(words) == 0 {
		return
	}
	for i := range v.text {
		if v.insideWord(i) {
			continue
		}
		for end := i + 1; end <= len(v.text) && end-i < secretWindow; end++ {
			if !v.insideWord(end) && words[string(v.text[i:end])] {
				v.hide(i, end, hidden)
			}
		}
	}
}

// insideWord reports whether the bytes before i and at i belong to one word.
func (v *view) insideWord(i int) bool {
	return i > 0 && i < len(v.text) && isWordByte(v.text[i-1]) && isWordByte(v.text[i])
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// encodings are the ways to write a character: the byte with which what is written begins, and a function that decodes what a
// Text begins with and returns its size, 0 if it is nothing of that kind.
var encodings = []struct {
	first  byte
	decode func(text []byte) (size int, plain []byte)
}{
	{'%', decodePercent}, {'&', decodeHTML}, {'\\', decodeJSON}, {'\\', decodeBackslash},
}

// maxViews bounds in how many ways a text is read.
const maxViews = 128

// viewsOf returns a text as it is, and with one encoding after the other undone, in any order and each any number of times. It
// returns false if there are more than maxViews.
func viewsOf(text string) ([]view, bool) {
	original := newView(text)
	unfolded := []view{original.clean(), original}
	views := []view{original, fold(unfolded[0])}
	if !strings.ContainsAny(text, `%\&`) {
		return views, true
	}
	seen := map[string]bool{}
	for i := 0; i < len(unfolded); i++ {
		for kind := range encodings {
			next, changed := unfolded[i].decoded(kind)
			if !changed || seen[string(next.text)] {
				continue
			}
			seen[string(next.text)] = true
			unfolded, views = append(unfolded, next), append(views, fold(next))
			// What stands on both sides of a control character may be one escape, or not.
			if clean := next.withoutControls(); !seen[string(clean.text)] {
				seen[string(clean.text)] = true
				unfolded = append(unfolded, clean)
			}
			if len(unfolded) > maxViews {
				return views, false
			}
		}
	}
	return views, true
}

// fold returns a view in lower case, without what is not visible, and with each '+' as a blank: in a query both are one.
// Characters keep their length.
func fold(v view) view {
	v = v.withoutControls()
	var out view
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRune(v.text[i:])
		switch {
		case r == '+' || unicode.Is(unicode.Zs, r):
			out.add([]byte{' '}, v, i, i+size)
		case r == utf8.RuneError || !unicode.IsGraphic(r):
		default:
			if lower := unicode.ToLower(r); utf8.RuneLen(lower) == size {
				r = lower
			}
			out.add(utf8.AppendRune(nil, r), v, i, i+size)
		}
		i += size
	}
	return out
}

// clean returns a view without what is not shown: control characters and invalid bytes.
func (v view) clean() view {
	v = v.withoutControls()
	if utf8.Valid(v.text) {
		return v
	}
	var out view
	for i := 0; i < len(v.text); {
		r, size := utf8.DecodeRune(v.text[i:])
		if r != utf8.RuneError || size > 1 {
			for at := i; at < i+size; at++ {
				out.add(v.text[at:at+1], v, at, at+1)
			}
		}
		i += size
	}
	return out
}

// withoutControls returns a view without control characters, which may stand inside of others.
func (v view) withoutControls() view {
	if !slices.ContainsFunc(v.text, isControlByte) {
		return v
	}
	var out view
	for i, c := range v.text {
		if !isControlByte(c) {
			out.add(v.text[i:i+1], v, i, i+1)
		}
	}
	return out
}

func isControlByte(c byte) bool { return c < ' ' || c == 0x7F }

// decoded returns a view with one of encodings undone once, and whether there was anything of it.
func (v view) decoded(kind int) (out view, changed bool) {
	e := &encodings[kind]
	if !slices.Contains(v.text, e.first) {
		return v, false
	}
	for i := 0; i < len(v.text); {
		size, plain := 0, []byte(nil)
		if v.text[i] == e.first {
			size, plain = e.decode(v.text[i:])
		}
		if size == 0 {
			out.add(v.text[i:i+1], v, i, i+1)
			i++
			continue
		}
		out.add(plain, v, i, i+size)
		i += size
		changed = true
	}
	return out, changed
}

// decodePercent decodes the %XX with which a text begins, and returns its size, 0 if there is none.
func decodePercent(text []byte) (size int, plain []byte) {
	if len(text) < 3 {
		return 0, nil
	}
	plain, err := hex.DecodeString(string(text[1:3]))
	if err != nil {
		return 0, nil
	}
	return 3, plain
}

// decodeJSON decodes the escape of JSON or JavaScript with which a text begins, and returns its size, 0 if there is none.
func decodeJSON(text []byte) (size int, plain []byte) {
	if len(text) < 2 {
		return 0, nil
	}
	switch text[1] {
	case 'u':
		if r, ok := hexRune(text, 2, 6); ok {
			if low, ok := hexRune(text, 8, 12); ok && text[6] == '\\' && text[7] == 'u' && utf16.IsSurrogate(r) {
				return 12, utf8.AppendRune(nil, utf16.DecodeRune(r, low))
			}
			return 6, utf8.AppendRune(nil, r)
		}
	case 'x':
		if r, ok := hexRune(text, 2, 4); ok {
			return 4, utf8.AppendRune(nil, r)
		}
	case 'b', 'f', 'n', 'r', 't':
		return 2, []byte{'\n'}
	}
	return 2, text[1:2]
}

// decodeBackslash is decodeJSON for those who only protect a character by a backslash: \n is n.
func decodeBackslash(text []byte) (size int, plain []byte) {
	size, plain = decodeJSON(text)
	if size == 2 {
		plain = text[1:2]
	}
	return size, plain
}

// hexRune reads the hexadecimal digits from i to before end.
func hexRune(text []byte, i, end int) (rune, bool) {
	if len(text) < end {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[i:end]), 16, 32)
	return rune(n), err == nil
}

// decodeHTML decodes the entity with which a text begins, and returns its size, 0 if there is none. Many need no ';'.
func decodeHTML(text []byte) (size int, plain []byte) {
	const longest = 32
	for size = 1; size < min(len(text), longest); size++ {
		if c := text[size]; c == '#' || c < 0x80 && isWordByte(c) {
			continue
		}
		break
	}
	if size < len(text) && text[size] == ';' {
		size++
	}
	entity := string(text[:size])
	decoded := html.UnescapeString(entity)
	if decoded == entity {
		return 0, nil
	}
	return size, []byte(decoded)
}
