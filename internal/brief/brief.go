// Package brief cuts names and values for messages.
package brief

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

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

// Names is how many names a message, or a list of messages, shows.
const Names = 40

// List returns names for messages, each cut as Text does: at most Names of them, and in place of the others how many they are.
func List(names []string) []string {
	var shown []string
	for _, name := range names[:min(len(names), Names)] {
		shown = append(shown, Text(name))
	}
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	return shown
}

// Join returns the first few names in one line.
func Join(names []string) string {
	const most = 8
	text := strings.Join(List(names[:min(len(names), most)]), "; ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf("; %d more", more)
	}
	return text
}
