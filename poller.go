package main

import "time"

// Go opens its network poller for the first timer or socket, and ends the process when there is no file descriptor for it. So it
// is opened while the library is being loaded, which waits for this; later what lacks descriptors gets an error.
func init() {
	time.AfterFunc(time.Hour, func() {}).Stop()
	loaded()
}
