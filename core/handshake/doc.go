// Package handshake performs the handshake with which an RTMP connection begins,
// in its simple form (RTMP 1.0, 5.2) and with digests.
//
// It reads and writes exactly the handshake's bytes. Time limits are the
// caller's: a deadline on the connection.
//
// Its user is package client. What a server sends has a fixed size, and nothing is kept.
package handshake
