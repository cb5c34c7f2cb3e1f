package core

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/message"
	"luatrtmp/core/options"
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

func TestDialErrors(t *testing.T) {
	o := options.Default()
	_, err := dial(context.Background(), nil, &endpoint.Endpoint{Address: "127.0.0.1:99999"}, &o)
	require.ErrorIs(t, err, rtmperr.ErrConnect)
	hurried := options.Options{Timeout: 1}
	_, err = dial(context.Background(), nil, &endpoint.Endpoint{Address: "127.0.0.1:1"}, &hurried)
	require.ErrorIs(t, err, rtmperr.ErrTimeout)
	over, end := context.WithCancel(context.Background())
	end()
	_, err = dial(over, nil, &endpoint.Endpoint{Address: "127.0.0.1:1"}, &o)
	require.Equal(t, rtmperr.ErrEnded, err)
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
