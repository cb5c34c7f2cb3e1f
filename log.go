package main

import (
	"sync"
	"time"

	"luatrtmp/internal/stderrlog"
)

// theLog returns the log of this process. It is made when it is first needed.
var theLog = sync.OnceValue(func() *stderrlog.Log {
	c := stderrlog.FromEnvironment()
	c.Write = stderrWhenLoaded().Write
	return stderrlog.New(c)
})

// libraryLog returns the log of what belongs to no context.
var libraryLog = sync.OnceValue(func() *stderrlog.Stream { return theLog().Stream() })

// flushTimeout bounds how long the end of the process waits for lines that are still to be written.
const flushTimeout = 100 * time.Millisecond
