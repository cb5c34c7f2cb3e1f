package options

import (
	"time"

	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
)

// Reconnect tells what becomes of a connection that failed.
type Reconnect struct {
	On       bool          // try again, until it succeeds or the user ends it
	Min, Max time.Duration // shortest and longest wait between two attempts
	Attempts int           // most attempts in a row that fail, the first one not counted; 0: without end
}

// set sets an option of reconnecting; false for another option.
func (r *Reconnect) set(name, value string) (known bool, err error) {
	switch name {
	case "reconnect":
		if value != "true" && value != "false" {
			return true, rtmperr.New(rtmperr.ErrInvalid, "option %q: %q, expected true or false", name, brief.Text(value))
		}
		r.On = value == "true"
	case "reconnect_min_ms":
		err = setMilliseconds(&r.Min, name, value, 10, 60*60*1000)
	case "reconnect_max_ms":
		err = setMilliseconds(&r.Max, name, value, 10, 24*60*60*1000)
	case "reconnect_attempts":
		var n int64
		if n, err = number(name, value, 0, 1_000_000); err == nil {
			r.Attempts = int(n)
		}
	default:
		return false, nil
	}
	return true, err
}
