package forkguard

// #cgo CFLAGS: -std=c99 -Wall -Wextra -Wshadow
import "C"
