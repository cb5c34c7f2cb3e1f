// Package hang has calls into file systems that may hang. A file system that stops answering - a network drive, a dying
// disk - holds every call to it, for minutes or for ever, and nothing can call such a call off. So nobody whom the host waits
// for makes one, and a goroutine that hangs in one is left behind. It ends by itself once its call returns.
//
// It is for whoever opens files for a caller (Call), or reads them in a goroutine that nobody waits for (Calls).
package hang
