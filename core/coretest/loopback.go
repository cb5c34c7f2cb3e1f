package coretest

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// Loopback returns the name of the loopback interface.
func Loopback(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	require.NoError(t, err)
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Name
		}
	}
	require.FailNow(t, "this machine has no loopback interface")
	return ""
}
