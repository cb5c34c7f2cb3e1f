// Package script is an RTMP server for tests that goes through a dialogue step by step, as the test says, also where
// no real server would go.
//
// A test calls Listen, lets the publisher connect, and then drives the Conn that Accept returns: every step is bounded
// in time and ends the test when it fails. Where the server matters little, Serve runs a handler for each connection.
package script
