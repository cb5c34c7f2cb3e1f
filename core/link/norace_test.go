//go:build !race

package link

// raced: the race detector is on, and lets pools of memory forget at random.
const raced = false
