// Package loading is what happens while the library is being loaded into the process of its host. Go's runtime is set up as a
// guest's, how much memory it takes and how many processors; what it needs in the beginning is taken before the host goes on; and
// it is noted what the host's standard error is.
//
// It is used by the C API. It changes settings of Go's runtime, which the library has for itself, and nothing of the host's. It
// has no goroutines; the thread that loads the library waits in a constructor, a second at most.
package loading

/*
#cgo CFLAGS: -std=c99 -Wall -Wextra -Wshadow
#include "stderr.h"

void loaded_set(int done); // wait.c
*/
import "C"

import "time"

// Done lets the thread that loads the library go on. It is called by an init function of the main package, after those of all
// others.
//
// Go opens its network poller for the first timer or socket, and ends the process when there is no file descriptor for it. So it
// is opened now, while the host waits; later what lacks descriptors gets an error.
func Done() {
	time.AfterFunc(time.Hour, func() {}).Stop()
	C.loaded_set(1)
}

// Stderr returns what descriptor 2 was when the library was loaded: zeros if it was closed.
func Stderr() (device, inode uint64) {
	var d, i C.uint64_t
	C.stderr_when_loaded(&d, &i)
	return uint64(d), uint64(i)
}
