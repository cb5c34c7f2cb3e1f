package brief

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	long := strings.Repeat("x", Max)
	for _, ca := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"as long as may be", long, long},
		{"longer", long + "y", long + "..."},
		{"whole characters", strings.Repeat("x", Max-1) + "é", strings.Repeat("x", Max-1) + "..."},
		{"four bytes", strings.Repeat("x", Max-3) + "😀😀", strings.Repeat("x", Max-3) + "..."},
		{"no UTF-8", strings.Repeat("\x80", Max+1), strings.Repeat("\x80", Max-4) + "..."},
	} {
		t.Run(ca.name, func(t *testing.T) { require.Equal(t, ca.want, Text(ca.in)) })
	}
}
