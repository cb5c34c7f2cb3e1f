// Package brief cuts names and values for messages.
package brief

import "unicode/utf8"

// Max is how many bytes of a name or value a message shows.
const Max = 200

// Text returns s, or its first Max bytes and "..." if it is longer. It never cuts inside a character of UTF-8.
func Text(s string) string {
	if len(s) <= Max {
		return s
	}
	end := Max
	for end > Max-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}
