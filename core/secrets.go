package core

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// Servers repeat in their refusals what they were told: the tcUrl, the stream's name. What is secret of it - password, stream
// key, tokens - must not get from there into errors and logs. Texts of this library leave it out by themselves.

const (
	// longSecret is from how many bytes on a secret is also found inside of words, and when the server cut it off. Shorter
	// ones could be part of anything.
	longSecret = 12

	// shortValue is the length up to which the value of a parameter is taken for a number or a switch and not for a secret.
	shortValue = 4

	// maxSecrets bounds how many parameters of a query are looked for one by one.
	maxSecrets = 64

	mask = "..."
)

// secrets returns what is secret of a target, in the forms in which it may come back, the longest first.
func (t *target) secrets() []string {
	name, query, _ := strings.Cut(t.stream, "?")
	_, appQuery, _ := strings.Cut(t.app, "?")
	told := []string{t.stream, name, query, appQuery}
	if t.user != nil {
		told = append(told, t.user.password, url.PathEscape(t.user.password), url.QueryEscape(t.user.password))
	}
	for _, q := range []string{query, appQuery} {
		for _, parameter := range strings.Split(strings.ReplaceAll(q, "?", "&"), "&") {
			if _, value, _ := strings.Cut(parameter, "="); len(value) > shortValue {
				told = append(told, value)
			}
		}
	}
	var all []string
	for _, secret := range told {
		if secret == "" || len(all) >= maxSecrets {
			continue
		}
		all = append(all, secret)
		for _, unescape := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
			if plain, err := unescape(secret); err == nil && plain != secret && plain != "" {
				all = append(all, plain)
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// redact returns the beginning of a server's text, as long as is worth showing, without the secrets of the target.
func (t *target) redact(text string) string {
	text = text[:min(len(text), maxURLLength+maxServerText)]
	for _, secret := range t.secrets() {
		text = redactOne(text, secret)
	}
	return text
}

// redactOne masks each place where a secret stands, or a long one begins, in a text.
func redactOne(text, secret string) string {
	begin := secret[:min(len(secret), longSecret)]
	if !strings.Contains(text, begin) {
		return text
	}
	var b strings.Builder
	done := 0
	for {
		i := strings.Index(text[done:], begin)
		if i < 0 {
			break
		}
		from := done + i
		to := from + len(begin)
		for to < len(text) && to-from < len(secret) && text[to] == secret[to-from] {
			to++
		}
		b.WriteString(text[done:from])
		if len(secret) >= longSecret || isWhole(text, from, to) {
			b.WriteString(mask)
		} else {
			b.WriteString(text[from:to])
		}
		done = to
	}
	b.WriteString(text[done:])
	return b.String()
}

// isWhole tells whether text[from:to] is no part of a longer word.
func isWhole(text string, from, to int) bool {
	return (from == 0 || !isWordByte(text[from-1]) || !isWordByte(text[from])) &&
		(to == len(text) || !isWordByte(text[to]) || !isWordByte(text[to-1]))
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
