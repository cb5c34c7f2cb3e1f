// Package forkguard tells children of fork() apart, for the C files of the library: after a fork none of the library's threads
// is there, and whatever locks they held stay locked. forked.h says what it offers. It is used by everything that takes a lock
// in C or calls Go, needs nothing, and has no goroutines and no locks.
//
// In Go there is nothing to call: who needs the C functions imports the package, so that it is linked.
package forkguard
