package rtmperr

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
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

func TestGuard(t *testing.T) {
	require.NoError(t, Guard(func() error { return nil }))
	require.Equal(t, io.EOF, Guard(func() error { return io.EOF }))
	err := Guard(func() error { panic("oh") })
	require.ErrorIs(t, err, ErrInternal)
	require.ErrorContains(t, err, "oh")
}
