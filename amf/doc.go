// Package amf encodes and decodes AMF0, the Action Message Format in which RTMP
// carries its commands and metadata.
//
// It follows Adobe's "Action Message Format -- AMF 0" of December 2007; the
// section numbers in the comments are that document's. All numbers on the wire
// are big-endian.
//
// Users are package message, and readers of files with metadata in AMF0. A value is taken from memory
// that holds all of it; MaxDepth and MaxElements bound what is taken.
package amf
