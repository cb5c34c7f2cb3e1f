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
