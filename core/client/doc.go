// Package client brings a publishing connection up, and ends it.
//
// BringUp dials, shakes hands, and goes through the dialogue (connect, createStream, publish) until
// media may flow. What fails leads to another TCP connection only if there is something to do
// differently: another variant of the handshake, the steps of a log-in, or connect without the fields
// of Enhanced RTMP. The function next of plan.go decides that, and nothing else does. What was learnt
// of a server is kept in Servers, for the next attempt.
//
// Deliver waits at the end of a source until the server has got everything; Goodbye tells the server
// that the stream ends; Leave does so for a connection that another one has taken over from, in the
// background and bounded in time; End closes the connection and waits for its goroutines.
//
// A session of package core uses it, from one goroutine. It knows no states, no reconnecting, and no
// media: what it needs to know of these is in its Config.
package client
