// Package thread tells the system's threads apart. A goroutine that is locked to its thread, and a
// call into C on it, are recognised by the thread's number: Go has no number for goroutines.
//
// Each system has its own file; where there is none the build fails, because without thread numbers
// a callback that ends its own publisher would wait for itself.
package thread
