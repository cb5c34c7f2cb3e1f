package loading

import (
	"os"
	"runtime/debug"
)

// collectPercent is by how much memory may grow before Go's collector runs, where Go itself takes 100. Sending allocates nothing:
// what the collector has to do comes from connecting, and is little. What it leaves until it runs is most of what a host sees.
const collectPercent = 25

// The library has the runtime for itself: what this sets is nobody else's, but the environment variable GOGC keeps its meaning.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectPercent)
	}
}
