package endpoint

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
