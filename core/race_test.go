//go:build race

package core

// raced: the race detector is on, and lets pools of memory forget at random.
const raced = true
