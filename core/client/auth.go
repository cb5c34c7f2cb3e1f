package client

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/rtmperr"
)

// Passwords: nothing of this is in RTMP 1.0. Servers of Adobe's family refuse `connect` and say in
// the refusal's description what they want; the client connects again, with its answer as a query
// behind app and tcUrl. It takes three connections:
//
//	C  connect app
//	S  _error  code=403 need auth; authmod=adobe
//	C  connect app?authmod=adobe&user=U
//	S  _error  authmod=adobe ?reason=needauth&user=U&salt=S&challenge=C&opaque=O
//	C  connect app?authmod=adobe&user=U&challenge=C2&response=R&opaque=O
//
// Limelight's servers say authmod=llnw, and want an answer like that of HTTP's digest
// authentication (RFC 2617).
type login struct {
	user      *endpoint.Credentials // nil if the URL has none
	mode      string                // what the server named, "adobe" or "llnw"; "" until it has asked
	answers   bool                  // the next connect answers the challenge
	challenge challenge
}

// challenge is what a server sends to be answered, as it came. What it left out is "".
type challenge struct{ salt, challenge, opaque, nonce string }

// next returns how to go on with the log-in after connect failed with err; again is false if that
// is of no use. advice is what the user can do then, "" if that depends on nothing here.
func (l login) next(err error) (next login, advice string, again bool) {
	var refused *rtmperr.ServerError
	if !errors.As(err, &refused) || refused.Command != "connect" {
		return l, "", false
	}
	text := refused.Text()
	mode := ""
	for _, m := range []string{"adobe", "llnw"} {
		if strings.Contains(text, "authmod="+m) {
			mode = m
		}
	}
	switch {
	case mode == "" || strings.Contains(text, "reason=nosuchuser") || strings.Contains(text, "reason=authfailed"):
		return l, "", false // hints.go says the rest
	case l.user == nil:
		return l, "", false
	case l.answers:
		return l, "the user name or the password in the URL is wrong", false
	}
	_, list, asks := strings.Cut(text, "reason=needauth")
	if !asks {
		if l.mode != "" {
			return l, "the server does not say how it wants the password in the URL", false
		}
		l.mode = mode
		return l, "", true
	}
	asked := authParameters(list)
	next = login{user: l.user, mode: mode, answers: true, challenge: challenge{
		salt: asked["salt"], challenge: asked["challenge"], opaque: asked["opaque"], nonce: asked["nonce"],
	}}
	if mode == "adobe" && next.challenge.challenge == "" && next.challenge.opaque == "" || mode == "llnw" && next.challenge.nonce == "" {
		return l, "the server wants the password in the URL, and its challenge is missing or unreadable", false
	}
	return next, "", true
}

// query returns what connect adds to the application and to tcUrl: "" until the server has asked.
// Each call answers a challenge anew.
func (l login) query(app string) string {
	switch {
	case l.mode == "":
		return ""
	case !l.answers:
		return "?authmod=" + l.mode + "&user=" + queryText(l.user.Name)
	case l.mode == "adobe":
		return adobeAnswer(l.user, l.challenge)
	}
	return limelightAnswer(l.user, l.challenge, app)
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

// adobeAnswer answers a challenge of Adobe's servers. An opaque value takes the challenge's place.
func adobeAnswer(c *endpoint.Credentials, asked challenge) string {
	challenge := cmp.Or(asked.opaque, asked.challenge)
	own := nonce()
	salted := Md5Base64(c.Name + asked.salt + c.Password)
	query := "?authmod=adobe&user=" + queryText(c.Name) + "&challenge=" + own + "&response=" + Md5Base64(salted+challenge+own)
	if asked.opaque != "" {
		query += "&opaque=" + asked.opaque
	}
	return query
}

// limelightAnswer answers a challenge of Limelight's servers. RFC 2617, 3.2.2, with realm "live" and
// method "publish".
func limelightAnswer(c *endpoint.Credentials, asked challenge, app string) string {
	const realm, method, count, quality = "live", "publish", "00000001", "auth"
	own := nonce()
	path, _, _ := strings.Cut(app, "?")
	if !strings.Contains(path, "/") {
		path += "/_definst_" // the default instance of the application
	}
	user := Md5Hex(c.Name + ":" + realm + ":" + c.Password)
	place := Md5Hex(method + ":/" + path)
	response := Md5Hex(strings.Join([]string{user, asked.nonce, count, own, quality, place}, ":"))
	return "?authmod=llnw&user=" + queryText(c.Name) + "&nonce=" + asked.nonce + "&cnonce=" + own + "&nc=" + count +
		"&response=" + response
}

// nonce returns a challenge of our own.
func nonce() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func Md5Base64(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func Md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// queryText encodes what would end a value in a query, and nothing else: servers compare the rest
// as it is.
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
