// Package tap turns the report of a Lua test script, in the form of the Test Anything Protocol, into subtests.
package tap

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	resultLine = regexp.MustCompile(`^(not )?ok (\d+) (.+)$`)
	planLine   = regexp.MustCompile(`^1\.\.(\d+)$`)
)

// Report makes a subtest of each result line; "#" lines behind it say why it failed. The plan, which is the last line,
// tells that the script came to its end.
func Report(t *testing.T, report string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(report, "\n"), "\n")
	plan := planLine.FindStringSubmatch(lines[len(lines)-1])
	require.NotNil(t, plan, "the script did not come to its end:\n%s", report)

	last := "0"
	for i, line := range lines {
		result := resultLine.FindStringSubmatch(line)
		if result == nil {
			continue
		}
		last = result[2]
		why := line
		for _, detail := range lines[i+1:] {
			if !strings.HasPrefix(detail, "#") {
				break
			}
			why += "\n" + detail
		}
		t.Run(result[3], func(t *testing.T) { require.Empty(t, result[1], why) })
	}
	require.Equal(t, plan[1], last, "tests planned, tests run")
	require.NotEqual(t, "0", last)
}
