// Package stderrlog is the library's log. It never makes its caller wait: lines are put into a bounded queue, and a
// goroutine that ends with the queue writes them to descriptor 2 of the process, or hands them to the host's own function.
// A line that does not fit is lost and counted, and a later line says how many were lost. However often a thing happens,
// the log of one stream holds at most 20 lines a minute about it, and then one that counts the rest.
package stderrlog
