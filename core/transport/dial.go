package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// minSilence is the least time that data may go unacknowledged: a lossy link retransmits a few
// times, at growing intervals.
const minSilence = 10 * time.Second

// Dial resolves and connects, and for rtmps agrees on encryption, all within Options.Timeout. The
// addresses of a name are tried side by side (RFC 8305). Small messages leave at once
// (TCP_NODELAY), as Go's library has it.
func Dial(shutdown context.Context, resolver *net.Resolver, to *endpoint.Endpoint, o *options.Options) (net.Conn, error) {
	within, cancel := context.WithTimeout(shutdown, o.Timeout)
	defer cancel()
	conn, err := dialTCP(within, resolver, to, o)
	switch {
	case shutdown.Err() != nil:
		if err == nil {
			conn.Close()
		}
		return nil, rtmperr.ErrEnded
	case err != nil:
		return nil, err
	}
	limitSilence(conn, max(minSilence, 2*o.Timeout))
	if to.Scheme != "rtmps" {
		return conn, nil
	}
	secure, err := secured(within, conn, to, o)
	if err != nil {
		conn.Close()
		if shutdown.Err() != nil {
			return nil, rtmperr.ErrEnded
		}
		return nil, err
	}
	return secure, nil
}

// dialTCP connects to the first of a target's addresses that answers.
func dialTCP(ctx context.Context, resolver *net.Resolver, to *endpoint.Endpoint, o *options.Options) (net.Conn, error) {
	from, err := newBinding(o.Bind)
	if err != nil {
		return nil, err
	}
	place := to.Address + from.describe() // for errors
	isLate := func(err error) bool { return rtmperr.IsTimeout(err) || errors.Is(ctx.Err(), context.DeadlineExceeded) }
	addresses, err := addressesOf(ctx, resolver, to.Address, o.Timeout)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && !isLate(err) {
			return nil, rtmperr.New(rtmperr.ErrConnect, "the host name %q cannot be resolved (%s): check it and the network", dns.Name, to.Redact(dns.Err))
		}
		return nil, dialFailure(isLate(err), []dialError{{err: err}}, place, o.Timeout)
	}
	if addresses = from.reachable(addresses); len(addresses) == 0 {
		return nil, rtmperr.New(rtmperr.ErrConnect, "connecting to %s: the host has no %s address", place, from.family())
	}
	conn, failed := dialFirst(ctx, addresses, headStart(o.Timeout, len(addresses)),
		func(ctx context.Context, address netip.AddrPort) (net.Conn, error) {
			dialer := from.dialer(address.Addr())
			return dialer.DialContext(ctx, "tcp", address.String())
		})
	if conn == nil {
		for i := range failed {
			failed[i].err = from.explain(failed[i].err)
		}
		return nil, dialFailure(isLate(nil), failed, place, o.Timeout)
	}
	return conn, nil
}
