package transport

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

func TestDialErrors(t *testing.T) {
	o := options.Default()
	_, err := Dial(context.Background(), nil, &endpoint.Endpoint{Address: "127.0.0.1:99999"}, &o)
	require.ErrorIs(t, err, rtmperr.ErrConnect)
	hurried := options.Options{Timeout: 1}
	_, err = Dial(context.Background(), nil, &endpoint.Endpoint{Address: "127.0.0.1:1"}, &hurried)
	require.ErrorIs(t, err, rtmperr.ErrTimeout)
	over, end := context.WithCancel(context.Background())
	end()
	_, err = Dial(over, nil, &endpoint.Endpoint{Address: "127.0.0.1:1"}, &o)
	require.Equal(t, rtmperr.ErrEnded, err)
}
