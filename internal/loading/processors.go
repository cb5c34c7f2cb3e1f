package loading

import (
	"os"
	"runtime"
)

func init() {
	if n := processors(runtime.GOMAXPROCS(0), os.Getenv("GOMAXPROCS")); n != 0 {
		runtime.GOMAXPROCS(n)
	}
}

// processors returns how many of its processors Go is to use, 0 for what it has chosen itself. A thread of the host that has called
// the library keeps the one that it used until Go's monitor takes it away, 20 to 100 us later. Where it is the only one, on a
// machine or in a container with one core, all that the call has begun would wait for that.
func processors(chosen int, environment string) int {
	if chosen == 1 && environment == "" {
		return 2
	}
	return 0
}
