// Package message translates between RTMP messages and Go structs.
//
// It covers the protocol control messages (RTMP 1.0, 5.4), the user control
// messages (6.2, 7.1.7) and the commands, data, audio and video (7.1). What audio
// and video bodies hold is left to others.
//
// Its users are package link, for what the server says, client, for the dialogue, and mux, for
// metadata. It keeps no state: bodies in, structs out, and back.
package message
