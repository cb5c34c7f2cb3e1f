// Package ingest receives live sources: RTP, as an SDP file or a URL describes it. A Receiver gives what comes to who plays it,
// and follows what comes while nobody does, so that clocks and parameter sets are known when somebody does.
//
// Its user is package core, which hands a Receiver to the feeder. It knows no connection and paces nothing.
//
// A Receiver has a goroutine for each of its sockets, four at most, from Open to Close. They hold its lock while they hand on
// what has come: nothing is taken any more once Pause has returned.
package ingest
