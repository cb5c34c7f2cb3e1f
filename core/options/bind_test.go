package options

import (
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/rtmperr"
)

func TestCheckBind(t *testing.T) {
	for _, good := range []string{"127.0.0.1", "::1", "fe80::1%eth0", "0.0.0.0", "eth0", "wlan0.1", "eth0:1", "br-1a2b"} {
		require.NoError(t, checkBind(good), good)
	}
	for _, bad := range []string{"", "[::1]", "127.0.0.1:80", "[::1]:80", "224.0.0.1", "ff02::1", "a b", "a/b", "a\n", string(make([]byte, 65))} {
		err := checkBind(bad)
		require.ErrorIs(t, err, rtmperr.ErrInvalid, bad)
		require.ErrorContains(t, err, "without a port, or the name of a network interface")
	}
}
