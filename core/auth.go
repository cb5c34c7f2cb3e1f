package core

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Passwords: nothing of this is in RTMP 1.0. Servers of Adobe's family refuse `connect` and say in the refusal's description
// what they want; the client connects again, with its answer as a query behind app and tcUrl. It takes three connections:
//
//	C  connect app
//	S  _error  code=403 need auth; authmod=adobe
//	C  connect app?authmod=adobe&user=U
//	S  _error  authmod=adobe ?reason=needauth&user=U&salt=S&challenge=C&opaque=O
//	C  connect app?authmod=adobe&user=U&challenge=C2&response=R&opaque=O
//
// Limelight's servers say authmod=llnw, and want an answer like that of HTTP's digest authentication (RFC 2617).
type auth struct {
	user  *credentials
	query string // what goes behind app and tcUrl; "": the server has not asked
	sent  bool   // query has the answer to a challenge
}

// authConnections bounds how many connections it may take: a server that goes on asking is not satisfied.
const authConnections = 3

// respond looks at why `connect` failed. nil: connect again, with another query. Otherwise it returns the failure, with what
// the user can do about it.
func (a *auth) respond(err error, app string) error {
	var refused *ServerError
	if !errors.As(err, &refused) || refused.Command != "connect" {
		return err
	}
	text := refused.text()
	mode := ""
	for _, m := range []string{"adobe", "llnw"} {
		if strings.Contains(text, "authmod="+m) {
			mode = m
		}
	}
	failed := *refused
	switch {
	case mode == "" || strings.Contains(text, "reason=nosuchuser") || strings.Contains(text, "reason=authfailed"):
		return err // hints.go says the rest
	case a.user == nil:
		return err
	case a.sent:
		failed.advice = "the user name or the password in the URL is wrong"
		return &failed
	case !strings.Contains(text, "reason=needauth"):
		if a.query != "" {
			failed.advice = "the server does not say how it wants the password in the URL"
			return &failed
		}
		a.query = "?authmod=" + mode + "&user=" + queryText(a.user.name)
		return nil
	}
	_, list, _ := strings.Cut(text, "reason=needauth")
	asked := authParameters(list)
	if mode == "adobe" {
		a.query, a.sent = a.user.adobe(asked), true
	} else {
		a.query, a.sent = a.user.limelight(asked, app), true
	}
	if a.query == "" {
		failed.advice = "the server wants the password in the URL, and its challenge is missing or unreadable"
		return &failed
	}
	return nil
}

// authParameters takes name=value&name=value apart. The values are as they came: they go back so.
func authParameters(list string) map[string]string {
	list, _, _ = strings.Cut(list, " ")
	all := map[string]string{}
	for _, p := range strings.Split(list, "&") {
		if name, value, ok := strings.Cut(p, "="); ok {
			all[name] = value
		}
	}
	return all
}

// adobe answers a challenge of Adobe's servers. With an opaque value that takes the challenge's place. "": there is neither.
func (c *credentials) adobe(asked map[string]string) string {
	challenge, opaque := asked["challenge"], asked["opaque"]
	if opaque != "" {
		challenge = opaque
	}
	if challenge == "" {
		return ""
	}
	own := nonce()
	salted := md5Base64(c.name + asked["salt"] + c.password)
	query := "?authmod=adobe&user=" + queryText(c.name) + "&challenge=" + own + "&response=" + md5Base64(salted+challenge+own)
	if opaque != "" {
		query += "&opaque=" + opaque
	}
	return query
}

// limelight answers a challenge of Limelight's servers. RFC 2617, 3.2.2, with realm "live" and method "publish". "": there is
// none.
func (c *credentials) limelight(asked map[string]string, app string) string {
	const realm, method, count, quality = "live", "publish", "00000001", "auth"
	if asked["nonce"] == "" {
		return ""
	}
	own := nonce()
	path, _, _ := strings.Cut(app, "?")
	if !strings.Contains(path, "/") {
		path += "/_definst_" // the default instance of the application
	}
	user := md5Hex(c.name + ":" + realm + ":" + c.password)
	place := md5Hex(method + ":/" + path)
	response := md5Hex(strings.Join([]string{user, asked["nonce"], count, own, quality, place}, ":"))
	return "?authmod=llnw&user=" + queryText(c.name) + "&nonce=" + asked["nonce"] + "&cnonce=" + own + "&nc=" + count +
		"&response=" + response
}

// nonce returns a challenge of our own.
func nonce() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func md5Base64(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// queryText encodes what would end a value in a query, and nothing else: servers compare the rest as it is.
func queryText(value string) string {
	var b []byte
	for _, c := range []byte(value) {
		if strings.IndexByte("%&?#+= ", c) >= 0 {
			b = fmt.Appendf(b, "%%%02X", c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// authenticate goes through `connect`, on as many connections as it takes to satisfy a server that wants a password.
func (c *connection) authenticate(reached func(State) bool) error {
	a := auth{user: c.to.user}
	for tries := 1; ; tries++ {
		if err := c.open(reached); err != nil {
			return err
		}
		err := c.talk.connect()
		if err == nil {
			return nil
		}
		if why := a.respond(err, c.to.app); why != nil {
			return why
		}
		c.query = a.query
		if tries == authConnections {
			return err
		}
		c.p.log.Info("the server wants a password: connecting again with it", "server", c.to.address)
		c.hangUp()
		if c.polite.Err() != nil {
			return errEnded
		}
	}
}
