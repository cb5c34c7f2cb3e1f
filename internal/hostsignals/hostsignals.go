package hostsignals

// #cgo CFLAGS: -std=c99 -Wall -Wextra -Wshadow
import "C"

// go_enter does nothing. The first call of Go on a thread is what changes the thread's signal mask.
//
//export go_enter
func go_enter() {}
