// Package loading is what happens while the library is being loaded into the process of its host. Go's runtime is set up as a
// guest's, how much memory it takes and how many processors; what it needs in the beginning is taken before the host goes on; and
// it is noted what the host's standard error is.
//
// It is used by the C API. It changes settings of Go's runtime, which the library has for itself, and nothing of the host's. It
// has no goroutines; the thread that loads the library waits in a constructor, a second at most.
package loading
