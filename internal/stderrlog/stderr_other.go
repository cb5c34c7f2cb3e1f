//go:build darwin || freebsd || windows

package stderrlog

import "os"

// Stderr writes lines to the standard error of the process.
type Stderr struct {
	Device, Inode uint64 // without meaning on this system
}

// Write writes a line; it returns false if it is lost. It may wait.
func (Stderr) Write(line []byte) bool {
	_, err := os.Stderr.Write(line)
	return err == nil
}
