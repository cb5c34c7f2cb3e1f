package brief

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Max is how many bytes of a name or value a message shows.
const Max = 200

// Text returns s, or its first Max bytes and "..." if it is longer. It never cuts inside a character of UTF-8.
func Text(s string) string { return cut(s, Max) }

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// Bounds of lists of names, such as what a file has and cannot be sent. A name may contain a value that Text has cut.
const (
	Names     = 40 // that a list shows
	nameBytes = 2 * Max
	inLine    = 20 // names that Join shows
)

// List returns names for messages, each cut to 2*Max bytes: at most Names of them, and in place of the others how many they are.
func List(names []string) []string { return list(names, Names) }

// Join returns the first 20 names in one line.
func Join(names []string) string { return strings.Join(list(names, inLine), "; ") }

func list(names []string, most int) (shown []string) {
	for _, name := range names[:min(len(names), most)] {
		shown = append(shown, cut(name, nameBytes))
	}
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	return shown
}
