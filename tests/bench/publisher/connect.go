package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"luatrtmp/tests/bench/harness"
)

// connect prints how long each of so many connections took, in ns: {"connect_ns": [...]}.
func connect(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("arguments: connect URL COUNT")
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var took []int64
	for range count {
		begin := harness.Now()
		p, err := publish(args[0])
		took = append(took, harness.Now()-begin)
		p.Close()
		if err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string][]int64{"connect_ns": took})
}
