package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"luatrtmp/core/rtmperr"
)

const (
	// maxAddresses bounds how many addresses of a name are tried.
	maxAddresses = 32

	// maxHeadStart is the longest time that an address has for itself before the next one is tried
	// beside it. RFC 8305, 5.
	maxHeadStart = 250 * time.Millisecond

	// familyPatience is the longest time that a name server has to answer both questions, for IPv4
	// and for IPv6 addresses.
	familyPatience = time.Second

	// maxAddressesTold bounds how many addresses an error lists.
	maxAddressesTold = 4
)

// headStart returns how long an address has for itself: all of n addresses are tried in the first
// half of the timeout.
func headStart(timeout time.Duration, n int) time.Duration {
	return min(maxHeadStart, timeout/time.Duration(2*max(1, n)))
}

// dialError is why one address of a name could not be connected to.
type dialError struct {
	address netip.AddrPort
	err     error
}

// addressesOf resolves host:port. IPv6 and IPv4 alternate, beginning with the family of the address
// that RFC 6724 prefers.
func addressesOf(ctx context.Context, resolver *net.Resolver, hostPort string, timeout time.Duration) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	port, err := net.LookupPort("tcp", service)
	if err != nil {
		return nil, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), uint16(port))}, nil
	}
	ips, err := resolve(ctx, resolver, host, min(familyPatience, timeout/4))
	if err != nil {
		return nil, err
	}
	all := make([]netip.AddrPort, 0, len(ips))
	for _, ip := range interleave(ips) {
		all = append(all, netip.AddrPortFrom(ip, uint16(port)))
	}
	return all[:min(len(all), maxAddresses)], nil
}

// resolve returns the addresses of a host. Some name servers never answer the question for IPv6
// addresses: if not all is known after patience, the families are asked for apart, and what comes
// first is used.
func resolve(ctx context.Context, resolver *net.Resolver, host string, patience time.Duration) ([]netip.Addr, error) {
	type answer struct {
		ips []netip.Addr
		err error
		all bool
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, 3)
	ask := func(network string) {
		a := answer{all: network == "ip"}
		a.err = rtmperr.Guard(func() (err error) {
			a.ips, err = resolver.LookupNetIP(ctx, network, host)
			return err
		})
		answers <- a
	}
	go ask("ip")
	apart := time.NewTimer(patience)
	defer apart.Stop()
	for {
		select {
		case <-apart.C:
			go ask("ip4")
			go ask("ip6")
		case a := <-answers:
			if a.err == nil && len(a.ips) > 0 || a.all {
				return a.ips, a.err
			}
		}
	}
}

// interleave returns the addresses with the families in turn, each in its order, and none twice.
// RFC 8305, 4.
func interleave(ips []netip.Addr) []netip.Addr {
	var first, second []netip.Addr
	known := map[netip.Addr]bool{}
	for _, ip := range ips {
		ip = ip.Unmap()
		switch {
		case known[ip]:
		case len(first) == 0 || first[0].Is4() == ip.Is4():
			first = append(first, ip)
		default:
			second = append(second, ip)
		}
		known[ip] = true
	}
	mixed := make([]netip.Addr, 0, len(first)+len(second))
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			mixed = append(mixed, first[i])
		}
		if i < len(second) {
			mixed = append(mixed, second[i])
		}
	}
	return mixed
}

// dialFirst connects to the first of the addresses that answers. The next address is tried beside
// those before it when they have had their head start, and at once when one of them has failed. All
// attempts have ended, and all connections but the returned one are closed, when it returns.
func dialFirst(ctx context.Context, addresses []netip.AddrPort, headStart time.Duration,
	try func(context.Context, netip.AddrPort) (net.Conn, error)) (net.Conn, []dialError) {
	type attempt struct {
		address netip.AddrPort
		conn    net.Conn
		err     error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan attempt)
	next := time.NewTimer(0)
	defer next.Stop()
	var (
		started, running int
		winner           net.Conn
		failed           []dialError
	)
	for {
		more := winner == nil && started < len(addresses) && ctx.Err() == nil
		if running == 0 && !more {
			return winner, failed
		}
		due := next.C
		if !more {
			due = nil
		}
		select {
		case <-due:
			address := addresses[started]
			started++
			running++
			go func() {
				a := attempt{address: address}
				a.err = rtmperr.Guard(func() (err error) {
					a.conn, err = try(ctx, address)
					return err
				})
				results <- a
			}()
			next.Reset(headStart)
		case a := <-results:
			running--
			switch {
			case a.err != nil:
				failed = append(failed, dialError{a.address, a.err})
				next.Reset(0)
			case winner != nil:
				a.conn.Close()
			default:
				winner = a.conn
				cancel()
			}
		}
	}
}

// dialFailure says why no address of a name could be connected to.
func dialFailure(late bool, failed []dialError, address string, timeout time.Duration) error {
	refused := 0
	for _, f := range failed {
		if rtmperr.IsRefused(f.err) {
			refused++
		}
		late = late || rtmperr.IsTimeout(f.err)
	}
	switch {
	case len(failed) <= 1 && late:
		return rtmperr.New(rtmperr.ErrTimeout, "no connection to %s within %v: check host, port and firewall", address, timeout)
	case late:
		return rtmperr.New(rtmperr.ErrTimeout, "no connection to %s within %v (%s): check host, port and firewall", address, timeout, listFailed(failed))
	case len(failed) == 1 && refused == 1:
		return rtmperr.New(rtmperr.ErrConnect, "nothing listens at %s (connection refused): is the server running?", address)
	case len(failed) == 1:
		return rtmperr.New(rtmperr.ErrConnect, "connecting to %s: %v", address, rtmperr.Reason(failed[0].err))
	case refused == len(failed):
		return rtmperr.New(rtmperr.ErrConnect, "nothing listens at %s (%s): is the server running?", address, listFailed(failed))
	}
	return rtmperr.New(rtmperr.ErrConnect, "connecting to %s: %s", address, listFailed(failed))
}

// listFailed lists addresses and why they failed.
func listFailed(failed []dialError) string {
	var all []string
	for _, f := range failed[:min(len(failed), maxAddressesTold)] {
		why := rtmperr.Reason(f.err).Error()
		if rtmperr.IsTimeout(f.err) || errors.Is(f.err, context.DeadlineExceeded) {
			why = "no answer"
		}
		all = append(all, f.address.String()+": "+why)
	}
	if more := len(failed) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("and %d more addresses", more))
	}
	return strings.Join(all, "; ")
}
