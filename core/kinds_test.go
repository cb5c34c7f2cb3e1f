package core

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/message"
	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
)

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

func TestSourceErrorIsOfAKind(t *testing.T) {
	err := error(&sourceError{source.ErrTruncated})
	require.ErrorIs(t, err, rtmperr.ErrInvalid)
	require.True(t, errors.Is(err, errSourceFault))
}

func TestConnectNeedsAURL(t *testing.T) {
	p := New(quietLog())
	defer p.Close()
	require.ErrorIs(t, p.Connect(), rtmperr.ErrState)
	require.ErrorIs(t, p.SetURL("nonsense"), rtmperr.ErrInvalid)
	require.NoError(t, p.SetURL("rtmp://h/a/s"))
	require.ErrorIs(t, p.SetOption("no such", ""), rtmperr.ErrInvalid)
	require.Equal(t, "idle rtmp://h/a/...", p.String())
}
