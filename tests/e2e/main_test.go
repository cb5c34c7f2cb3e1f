// Package e2e_test publishes with the built library, build/rtmp.so, from stock Lua 5.3 to real servers, and compares what
// they recorded with what was sent, frame by frame.
package e2e_test

import (
	"flag"
	"os"
	"testing"
)

// parallel tests run at a time. They wait for real time more than for the processor.
const parallel = "16"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", parallel); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
