// Package hostsignals keeps the signals of the process the host's, although Go's runtime would change masks and take some of
// them: signals.h says how. It is used by the C API, before each call of Go, and while the library is being loaded. It needs
// nothing, and has no goroutines and no locks.
//
// In Go there is nothing to call: who needs the C functions imports the package, so that it is linked.
package hostsignals
