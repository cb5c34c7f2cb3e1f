// Package coretest has what the tests of several packages under core need: small pieces of media as
// encoders write them, and an output for a muxer that keeps what it is sent.
//
// Only tests use it.
package coretest
