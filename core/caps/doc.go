// Package caps has what a server says that it takes: which codecs, and how many tracks.
//
// A client declares what it can send in its `connect` (Own), and reads the answer (FromAnswer). Who
// sends media asks CheckSupported before the first frame of a track: what the server has not
// declared is refused here, with a text that tells the user what helps.
//
// The values are plain: no goroutines, no locks, no state beside them.
package caps
