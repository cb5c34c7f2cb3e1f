package main

import (
	"luatrtmp/core"
	"luatrtmp/internal/loading"
	"luatrtmp/internal/stderrlog"
)

// newLog returns a log that writes to what the standard error was when the library was loaded.
func newLog() *stderrlog.Log {
	c := stderrlog.FromEnvironment()
	c.Report = core.LevelReport
	device, inode := loading.Stderr()
	c.Write = stderrlog.Stderr{Device: device, Inode: inode}.Write
	return stderrlog.New(c)
}
