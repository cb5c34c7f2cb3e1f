package core

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/message"
	"luatrtmp/core/source"
)

func TestServerErrorText(t *testing.T) {
	for _, c := range []struct {
		e    ServerError
		want string
	}{
		{ServerError{}, "the server ended the stream"},
		{ServerError{Command: "publish"}, "the server refused publish"},
		{ServerError{Command: "publish", Code: "A"}, "the server refused publish: A"},
		{ServerError{Command: "connect", Description: "b"}, "the server refused connect: b"},
		{ServerError{Command: "connect", Code: "A", Description: "b"}, "the server refused connect: A: b"},
		{ServerError{Code: "NetStream.Publish.BadAuth"}, "the server ended the stream: NetStream.Publish.BadAuth (check the stream key and its token)"},
	} {
		require.Equal(t, c.want, c.e.Error())
		require.ErrorIs(t, &c.e, ErrRefused)
	}
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

func TestGuard(t *testing.T) {
	require.NoError(t, guard(func() error { return nil }))
	require.Equal(t, io.EOF, guard(func() error { return io.EOF }))
	err := guard(func() error { panic("oh") })
	require.ErrorIs(t, err, errInternal)
	require.ErrorContains(t, err, "oh")
}

func TestReason(t *testing.T) {
	inner := os.NewSyscallError("connect", syscall.EHOSTUNREACH)
	require.Equal(t, syscall.EHOSTUNREACH, reason(&net.OpError{Op: "dial", Err: inner}))
	require.Equal(t, io.EOF, reason(io.EOF))
	require.True(t, isTimeout(os.ErrDeadlineExceeded))
	require.True(t, isTimeout(context.DeadlineExceeded))
	require.False(t, isTimeout(io.EOF))
}

func TestSourceErrorIsOfAKind(t *testing.T) {
	err := error(&sourceError{source.ErrTruncated})
	require.ErrorIs(t, err, ErrInvalid)
	require.True(t, errors.Is(err, errSourceFault))
}

func TestDialErrors(t *testing.T) {
	o := DefaultOptions()
	_, err := dial(&cancellation{}, nil, &target{address: "127.0.0.1:99999"}, &o)
	require.ErrorIs(t, err, ErrConnect)
	hurried := Options{Timeout: 1}
	_, err = dial(&cancellation{}, nil, &target{address: "127.0.0.1:1"}, &hurried)
	require.ErrorIs(t, err, ErrTimeout)
	over := &cancellation{}
	over.end()
	_, err = dial(over, nil, &target{address: "127.0.0.1:1"}, &o)
	require.Equal(t, errEnded, err)
}

func TestConnectNeedsAURL(t *testing.T) {
	p := New(quietLog())
	defer p.Close()
	require.ErrorIs(t, p.Connect(), ErrState)
	require.ErrorIs(t, p.SetURL("nonsense"), ErrInvalid)
	require.NoError(t, p.SetURL("rtmp://h/a/s"))
	require.ErrorIs(t, p.SetOption("no such", ""), ErrInvalid)
	require.Equal(t, "idle rtmp://h/a/...", p.String())
}
