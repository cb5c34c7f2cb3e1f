package options

import (
	"time"
)

// Reconnect tells what becomes of a connection that failed.
type Reconnect struct {
	On       bool          // try again, until it succeeds or the user ends it
	Min, Max time.Duration // shortest and longest wait between two attempts
	Attempts int           // most attempts in a row that fail, the first one not counted; 0: without end
}
