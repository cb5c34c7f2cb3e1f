package client

import (
	"errors"
	"strings"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
)

// refusal makes a ServerError of what the server of a target says.
func refusal(t *endpoint.Endpoint, command string, info message.StatusInfo) error {
	raw := info.Code + " " + info.Description[:min(len(info.Description), maxRawText)]
	return &rtmperr.ServerError{
		Command:     command,
		Code:        t.ShownCode(info.Code),
		Description: t.Redact(info.Description),
		Raw:         raw[:min(len(raw), maxRawText)],
	}
}

// maxRawText bounds what is looked at to find out what they mean.
const maxRawText = 4 << 10

// NameInUse tells the refusal of a stream that another publisher, or an old connection of this one, is still publishing.
func NameInUse(err error) bool {
	var refused *rtmperr.ServerError
	if !errors.As(err, &refused) {
		return false
	}
	if strings.HasSuffix(refused.Code, ".BadName") {
		return true
	}
	words := strings.ToLower(refused.Text())
	for _, w := range []string{"already publish", "already being publish", "stream busy", "already in use"} {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
