// Command publisher is the publishers of the bench that are written in Go: publisher ours|gortmplib URL MEDIA PICTURES FPS.
// publisher connect URL COUNT measures how long this library takes to PUBLISHING.
package main

import (
	"fmt"
	"os"

	"luatrtmp/tests/bench/harness"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "publisher:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 {
		return fmt.Errorf("arguments: ours|gortmplib|connect ...")
	}
	switch os.Args[1] {
	case "ours":
		return harness.Run(&ours{}, os.Args[2:])
	case "gortmplib":
		return harness.Run(&gortmp{}, os.Args[2:])
	case "connect":
		return connect(os.Args[2:])
	}
	return fmt.Errorf("%s: ours, gortmplib or connect", os.Args[1])
}
