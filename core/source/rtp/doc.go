// Package rtp turns RTP packets (RFC 3550) into access units with times.
//
// It takes the description of a stream from a URL or from SDP (RFC 8866), puts packets in order, takes their payloads apart, joins what
// belongs to one access unit, and keeps audio and video in step. It opens no socket and reads no clock: datagrams and their times of
// arrival come in as arguments, access units go out to a function.
//
// Its user is package ingest. How long it waits for a packet that is late, and how much it keeps
// meanwhile, is bounded. One goroutine at a time uses a Stream.
package rtp
