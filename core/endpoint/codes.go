package endpoint

import (
	"slices"
)

// knownCodes are those that servers send where something is accepted or refused, or ends. They are shown even if the stream is called so.
var knownCodes = []string{
	"NetConnection.Call.Failed", "NetConnection.Call.Prohibited",
	"NetConnection.Connect.AppShutdown", "NetConnection.Connect.Closed", "NetConnection.Connect.Failed",
	"NetConnection.Connect.InvalidApp", "NetConnection.Connect.Rejected", "NetConnection.Connect.Success",
	"NetStream.Connect.Closed", "NetStream.Connect.Failed", "NetStream.Connect.Rejected", "NetStream.Failed",
	"NetStream.Publish.BadAuth", "NetStream.Publish.BadName", "NetStream.Publish.Denied", "NetStream.Publish.Failed",
	"NetStream.Publish.Rejected", "NetStream.Publish.Start", "NetStream.Publish.Unauthorized",
}

// shownCode returns what may be shown of a server's code.
func (e *Endpoint) ShownCode(code string) string {
	if slices.Contains(knownCodes, code) {
		return code
	}
	return e.Redact(code)
}
