// Package media is what the readers of all containers share: the bytes of a file with its size and its
// warnings, a window that reads it forward, the interface of a reader, the timeline that closes up time
// stamps that jump, the configuration that only the media itself has, and the errors.
//
// It knows no container. A reader of one is a package beside this one, with a Format that core/source lists.
package media
