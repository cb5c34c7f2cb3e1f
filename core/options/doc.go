// Package options has the settings of a publisher: their names, the values that they take, and what
// holds where nothing is set.
//
// The publisher keeps Options and hands them to whatever works by them. Nothing here runs by itself
// or locks anything; only the option tls_ca reads a file.
package options
