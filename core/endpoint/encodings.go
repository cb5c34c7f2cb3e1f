package endpoint

import (
	"encoding/hex"
	"html"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

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
