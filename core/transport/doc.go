// Package transport makes TCP and TLS connections that can be offered data without waiting, and
// tells what the system knows of them. It alone knows the systems' sockets.
//
//	Dial     resolves a name, tries its addresses side by side, agrees on encryption
//	Wire     writes to a connection: what the kernel takes at once, or all of it within a deadline
//
// Its user is the sender of an RTMP connection. Dial's goroutines end before it returns. A Wire is
// used by one goroutine at a time, while others may read from the connection or close it; nothing
// here is locked while it waits for the network, but what TLS keeps for the kernel.
package transport
