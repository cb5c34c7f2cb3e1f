package core

import (
	"fmt"
)

// State of a Publisher, in LuatOS's order.
type State int

// The states; RTMP_STATE_* of the C API and STATE_* of the Lua API have the same numbers.
const (
	StateIdle          State = 0 // created, never connected
	StateConnecting    State = 1 // resolving, TCP
	StateHandshaking   State = 2
	StateConnected     State = 3 // the server accepted `connect`
	StatePublishing    State = 4 // the server accepted `publish`
	StateDisconnecting State = 5
	StateDisconnected  State = 6
	StateError         State = 7
)

var stateNames = [...]string{
	"idle", "connecting", "handshaking", "connected", "publishing", "disconnecting", "disconnected", "error",
}

func (s State) String() string {
	if s < 0 || int(s) >= len(stateNames) {
		return fmt.Sprintf("state %d", int(s))
	}
	return stateNames[s]
}

// moves lists the states that may follow each state.
var moves = [...][]State{
	StateIdle:          {StateConnecting, StateDisconnected},
	StateConnecting:    {StateHandshaking, StateDisconnecting, StateError},
	StateHandshaking:   {StateConnected, StateDisconnecting, StateError},
	StateConnected:     {StatePublishing, StateDisconnecting, StateError},
	StatePublishing:    {StateDisconnecting, StateError},
	StateDisconnecting: {StateDisconnected, StateError}, // an error: the end of a source could not be delivered
	StateDisconnected:  {StateConnecting},
	StateError:         {StateConnecting, StateDisconnecting},
}

func (s State) mayBecome(next State) bool {
	for _, m := range moves[s] {
		if m == next {
			return true
		}
	}
	return false
}

// active reports whether a connection is up or under way.
func (s State) active() bool {
	return s >= StateConnecting && s <= StateDisconnecting
}
