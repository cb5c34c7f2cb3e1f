package brief

import (
	"fmt"
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

func TestList(t *testing.T) {
	long := strings.Repeat("x", 2*Max)
	require.Empty(t, List(nil))
	require.Equal(t, []string{"a", long, long + "..."}, List([]string{"a", long, long + "y"}))
	var names []string
	for i := range Names {
		names = append(names, fmt.Sprint(i))
	}
	require.Equal(t, names, List(names))
	require.Equal(t, append(names[:Names:Names], "2 more"), List(append(names, "a", "b")))
}

func TestJoin(t *testing.T) {
	require.Empty(t, Join(nil))
	require.Equal(t, "a; b", Join([]string{"a", "b"}))
	names := strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20")
	all := strings.Join(names, "; ")
	require.Equal(t, all, Join(names))
	require.Equal(t, all+"; 2 more", Join(append(names, "21", "22")))
}
