package transport

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"luatrtmp/core/rtmperr"
)

// binding is where connections come from.
type binding struct {
	address netip.Addr     // valid if the option bind is an address
	device  *net.Interface // if it is an interface
}

// newBinding resolves the option bind; an empty text leaves it to the system.
func newBinding(value string) (b binding, err error) {
	if value == "" {
		return b, nil
	}
	if b.address, err = netip.ParseAddr(value); err == nil {
		b.address = b.address.Unmap()
		return b, nil
	}
	b.device, err = net.InterfaceByName(value)
	if err != nil {
		return b, rtmperr.New(rtmperr.ErrConnect, "the option bind: this machine has no network interface %q (it has %s)", value, interfaceNames())
	}
	return b, checkUp(b.device)
}

func checkUp(device *net.Interface) error {
	if device.Flags&net.FlagUp == 0 {
		return rtmperr.New(rtmperr.ErrConnect, "the option bind: the network interface %q is down", device.Name)
	}
	return nil
}

// interfaceNames lists some of the interfaces that this machine has.
func interfaceNames() string {
	const most = 8
	devices, err := net.Interfaces()
	if err != nil || len(devices) == 0 {
		return "none"
	}
	var names []string
	for _, device := range devices[:min(len(devices), most)] {
		names = append(names, device.Name)
	}
	if len(devices) > most {
		names = append(names, "...")
	}
	return strings.Join(names, ", ")
}

// describe says for an error where connections come from.
func (b binding) describe() string {
	switch {
	case b.address.IsValid():
		return ", from " + b.address.String()
	case b.device != nil:
		return ", from interface " + b.device.Name
	}
	return ""
}

// reachable returns those of the addresses that have the family of the local address.
func (b binding) reachable(all []netip.AddrPort) []netip.AddrPort {
	if !b.address.IsValid() {
		return all
	}
	var same []netip.AddrPort
	for _, a := range all {
		if a.Addr().Is4() == b.address.Is4() {
			same = append(same, a)
		}
	}
	return same
}

// family names the family of the local address.
func (b binding) family() string {
	if b.address.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// dialer returns what connects to a remote address.
func (b binding) dialer(to netip.Addr) net.Dialer {
	// Keepalive finds out that the link is gone while nothing is sent: after some 20 s of silence.
	// RFC 9293, 3.8.4.
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	switch {
	case b.address.IsValid():
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(b.address, 0))
	case b.device != nil:
		bindToDevice(&d, b.device, deviceAddress(b.device, to))
	}
	return d
}

// deviceAddress returns the address of an interface from which another is best connected to; it is
// not valid if the interface has none of that family.
func deviceAddress(device *net.Interface, to netip.Addr) (best netip.Addr) {
	addresses, err := device.Addrs()
	if err != nil {
		return best
	}
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().Is4() != to.Is4() || prefix.Addr().IsLinkLocalUnicast() != to.IsLinkLocalUnicast() {
			continue
		}
		local := prefix.Addr()
		if local.Is6() && local.IsLinkLocalUnicast() {
			local = local.WithZone(device.Name)
		}
		if prefix.Contains(to.WithZone("")) {
			return local
		}
		if !best.IsValid() {
			best = local
		}
	}
	return best
}

// explain returns a better error for a connection that cannot be made from the address of the
// option bind.
func (b binding) explain(err error) error {
	if b.address.IsValid() && rtmperr.IsNoLocalAddress(err) {
		return rtmperr.New(rtmperr.ErrConnect, "the option bind: %v is no address of this machine", b.address)
	}
	return err
}
