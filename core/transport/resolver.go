package transport

import (
	"context"
	"net"
)

// NewResolver returns a resolver whose queries are over when nobody waits for them any more: Go's
// own would keep a socket and a goroutine until the name server has answered, or for 5 s.
func NewResolver(dial func(ctx context.Context, network, address string) (net.Conn, error)) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}}
}
