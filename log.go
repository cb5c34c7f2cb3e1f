package main

import (
	"log/slog"
	"sync"
	"time"

	"luatrtmp/core"
	"luatrtmp/internal/loading"
	"luatrtmp/internal/stderrlog"
)

// theLog returns the log of this process. It is made when it is first needed.
var theLog = sync.OnceValue(func() *stderrlog.Log {
	c := stderrlog.FromEnvironment()
	c.Report = core.LevelReport
	device, inode := loading.Stderr()
	c.Write = stderrlog.Stderr{Device: device, Inode: inode}.Write
	return stderrlog.New(c)
})

// libraryLog returns the log of what belongs to no context.
var libraryLog = sync.OnceValue(func() *slog.Logger { return slog.New(theLog().Stream()) })

// flushTimeout bounds how long the end of the process waits for lines that are still to be written.
const flushTimeout = 100 * time.Millisecond
