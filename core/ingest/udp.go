package ingest

import (
	"errors"
	"net"
	"net/netip"
	"syscall"

	"luatrtmp/core/rtmperr"
)

// receiveBuffer is what the kernel is asked to keep of packets that were not read yet: a key frame comes all at once. It gives what
// net.core.rmem_max allows.
const receiveBuffer = 4 << 20

// listenUDP binds to an address, or joins the multicast group that it is.
func listenUDP(at netip.AddrPort) (*net.UDPConn, error) {
	network := "udp4"
	switch {
	case at.Addr() == netip.IPv6Unspecified():
		network = "udp" // IPv4 as well
	case at.Addr().Is6():
		network = "udp6"
	}
	var (
		conn *net.UDPConn
		err  error
	)
	if at.Addr().IsMulticast() {
		conn, err = net.ListenMulticastUDP(network, nil, net.UDPAddrFromAddrPort(at))
	} else {
		conn, err = net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	}
	switch {
	case err == nil:
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, rtmperr.New(rtmperr.ErrInvalid, "UDP port %d is in use: another program, or another source, receives at %v", at.Port(), at)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, rtmperr.New(rtmperr.ErrInvalid, "%v is no address of this machine: give one that is, or 0.0.0.0 for all of them", at.Addr())
	case errors.Is(err, syscall.EACCES):
		return nil, rtmperr.New(rtmperr.ErrInvalid, "no permission to receive at UDP port %d: ports below 1024 need it", at.Port())
	case at.Addr().IsMulticast():
		return nil, rtmperr.New(rtmperr.ErrInvalid, "joining the multicast group %v: %v (is there a route to it?)", at.Addr(), rtmperr.Reason(err))
	default:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "receiving at %v: %v", at, rtmperr.Reason(err))
	}
	conn.SetReadBuffer(receiveBuffer) // with less it works as well, until the network is in a hurry
	return conn, nil
}
