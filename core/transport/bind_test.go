package transport

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/coretest"
	"luatrtmp/core/rtmperr"
)

func TestCheckUp(t *testing.T) {
	require.NoError(t, checkUp(&net.Interface{Name: "eth0", Flags: net.FlagUp}))
	err := checkUp(&net.Interface{Name: "eth0"})
	require.ErrorIs(t, err, rtmperr.ErrConnect)
	require.ErrorContains(t, err, `the network interface "eth0" is down`)
}

func TestDeviceAddress(t *testing.T) {
	device, err := net.InterfaceByName(coretest.Loopback(t))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", deviceAddress(device, netip.MustParseAddr("127.0.0.5")).String())
	require.False(t, deviceAddress(device, netip.MustParseAddr("fe80::1")).IsValid())
	require.False(t, deviceAddress(&net.Interface{Name: "nosuch0", Index: 1 << 20}, netip.MustParseAddr("127.0.0.1")).IsValid())
}
