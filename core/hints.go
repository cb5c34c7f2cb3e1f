package core

import "strings"

// hints tell the user what to do about the refusals that are met most; matched against code and description.
var hints = []struct{ part, advice string }{
	{"authmod=", "the server asks for a user name and a password, which this version cannot send"},
	{"Publish.BadName", "the stream name is in use or unknown: wait a minute if another publisher just dropped, or check the stream key"},
	{"Publish.BadAuth", "check the stream key and its token"},
	{"Publish.Unauthorized", "check the stream key and its token"},
	{"Connect.InvalidApp", "check the application, the part of the URL between host and stream"},
	{"Connect.Rejected", "check the application, the part of the URL between host and stream, and the token"},
}

func hintFor(code, description string) string {
	text := code + " " + description
	for _, h := range hints {
		if strings.Contains(text, h.part) {
			return h.advice
		}
	}
	return ""
}
