package rtmperr

import (
	"strings"
)

// hints tell the user what to do about the refusals that are met most; matched against code and
// description, the first that fits.
var hints = []struct{ part, advice string }{
	{"reason=nosuchuser", "the server does not know the user in the URL"},
	{"reason=authfailed", "the user name or the password in the URL is wrong"},
	{"authmod=", "the server asks for a user name and a password: put them into the URL, rtmp://user:password@host/..."},
	{"Publish.BadName", "the stream name is in use or unknown: wait a minute if another publisher just dropped, or check the stream key"},
	{"Publish.BadAuth", "check the stream key and its token"},
	{"Publish.Unauthorized", "check the stream key and its token"},
	{"Connect.InvalidApp", "check the application, the part of the URL between host and stream"},
	{"Connect.Rejected", "check the application, the part of the URL between host and stream, and the token"},
}

func hintFor(text string) string {
	for _, h := range hints {
		if strings.Contains(text, h.part) {
			return h.advice
		}
	}
	return ""
}
