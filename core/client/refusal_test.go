package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
)

// A stream can be called as the words of this library and of the protocol are: these are shown nevertheless.
func TestOwnWordsAreNotMasked(t *testing.T) {
	to, err := endpoint.Parse("rtmp://h/live/Publish", nil, nil)
	require.NoError(t, err)
	err = refusal(to, "publish", message.StatusInfo{Code: "NetStream.Publish.BadName", Description: "Publish is taken"})
	require.ErrorContains(t, err, "the server refused publish: NetStream.Publish.BadName: ... is taken")
	require.True(t, NameInUse(err))
	err = refusal(to, "publish", message.StatusInfo{Code: "Publish.Bad.Publish"})
	require.ErrorContains(t, err, "the server refused publish: ....Bad....")
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		info message.StatusInfo
		want bool
	}{
		{message.StatusInfo{}, false},
		{message.StatusInfo{Level: "error"}, true},
		{message.StatusInfo{Level: "status", Code: "NetStream.Publish.BadName"}, false},
		{message.StatusInfo{Code: "NetStream.Publish.BadName"}, true},
		{message.StatusInfo{Code: "NetConnection.Connect.Rejected"}, true},
		{message.StatusInfo{Code: "NetStream.Publish.Start"}, false},
	} {
		require.Equal(t, c.want, refuses(c.info), "%v", c.info)
	}
}
