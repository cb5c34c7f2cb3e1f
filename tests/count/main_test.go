package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCounter(t *testing.T) {
	for _, ca := range []struct {
		name  string
		input string
		ok    bool
		sum   string
		shown string
	}{
		{
			"all pass",
			`{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/b"}
{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA/b"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":1.5}
{"Action":"skip","Package":"without tests"}`,
			true, "2 passed, 0 failed, 0 skipped", "",
		},
		{
			"a failure is shown",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"wrong\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			false, "0 passed, 1 failed, 0 skipped", "wrong",
		},
		{
			"a skip is no success",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"not today\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p"}`,
			false, "1 passed, 0 failed, 1 skipped", "not today",
		},
		{
			"does not compile",
			`{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1: syntax error\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"start","Package":"p"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			false, "0 passed, 1 failed, 0 skipped", "syntax error",
		},
		{
			"crash within a test",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"SIGSEGV\n"}
{"Action":"fail","Package":"p"}`,
			false, "0 passed, 1 failed, 0 skipped", "SIGSEGV",
		},
		{
			"crash outside of tests",
			`{"Action":"output","Package":"p","Output":"TestMain: no\n"}
{"Action":"fail","Package":"p"}`,
			false, "0 passed, 1 failed, 0 skipped", "TestMain: no",
		},
		{
			"a package without an end",
			`{"Action":"run","Package":"p","Test":"TestA"}`,
			false, "0 passed, 1 failed, 0 skipped", "",
		},
		{"nothing", "", false, "0 passed, 0 failed, 0 skipped", ""},
		{"other lines", "go: no such tool", false, "0 passed, 0 failed, 0 skipped", "go: no such tool"},
	} {
		t.Run(ca.name, func(t *testing.T) {
			var out bytes.Buffer
			c := newCounter(&out)
			require.NoError(t, c.read(strings.NewReader(ca.input)))
			require.Equal(t, ca.ok, c.close())

			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			require.Equal(t, ca.sum, lines[len(lines)-1])
			require.Contains(t, out.String(), ca.shown)
			require.NotContains(t, out.String(), "quiet")
		})
	}
}
