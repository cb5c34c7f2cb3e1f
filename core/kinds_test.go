package core

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
	"luatrtmp/core/source"
)

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
