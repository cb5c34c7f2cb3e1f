package endpoint

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// secrets are texts that must not appear in a message: passwords, the names of streams and the values of queries. The zero
// value has none. A value of this type is never changed, only replaced.
type secrets struct {
	owner   []string // of URLs and options that the owner has set, the newest last
	servers []string // of the addresses to which servers have sent the stream, the newest last
}

const (
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

// Secrets returns what must not be shown of a target and of the places where the stream was before.
func (e *Endpoint) Secrets() secrets {
	if e.Known == nil {
		return e.ownSecrets()
	}
	return e.Known.add(e.ownSecrets())
}

// Remember makes the secrets of an address known that a server has given, and that may be malformed.
func (e *Endpoint) Remember(address string) {
	if e.Known != nil {
		e.Known.add(secrets{servers: addressSecrets(address)})
	}
}
