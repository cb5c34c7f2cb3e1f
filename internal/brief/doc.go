// Package brief cuts names and values for messages.
// Everybody may use it; it keeps no state.
package brief
