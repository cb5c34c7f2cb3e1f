// Package link has both directions of one RTMP connection after the handshake: a Sender, which takes
// messages of any goroutine and hands them to the network without ever waiting for it, and a Receiver,
// which answers protocol messages and hands on the commands of the server.
//
// Its user is package client, which owns the network connection and closes it. The muxer knows a Sender as
// its Output.
//
// A Receiver has the goroutine that its owner starts with Run; it ends with the connection. A Sender
// has a goroutine only while messages wait for the network. A Sender's lock is held while a message is
// encrypted and offered to the kernel, which does not wait; Dropped is called with it, and nothing else
// of its user. A Receiver has no lock: only its goroutine uses it, up to the end of Commands.
package link
