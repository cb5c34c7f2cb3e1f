package core

import (
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
