package coretest

import (
	"context"
	"encoding/binary"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// The types of questions for addresses.
const (
	TypeA    = 1
	TypeAAAA = 28
)

// NameServer returns a resolver that asks a name server in this process. answer gives the addresses
// of every name; nil: no answer.
func NameServer(t testing.TB, answer func() []net.IP) *net.Resolver {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { server.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			if reply := Reply(b[:n], answer()); reply != nil {
				server.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// Reply answers a question about the addresses of a name. RFC 1035, 4.
func Reply(query []byte, all []net.IP) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if end += 5; all == nil || end > len(query) {
		return nil
	}
	question := query[12:end]
	asked := binary.BigEndian.Uint16(question[len(question)-4:])
	var answers []byte
	count := 0
	for _, ip := range all {
		kind, address := TypeAAAA, []byte(ip.To16())
		if v4 := ip.To4(); v4 != nil {
			kind, address = TypeA, v4
		}
		if int(asked) != kind {
			continue
		}
		answers = append(answers, 0xC0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(len(address)))
		answers = append(answers, address...)
		count++
	}
	head := []byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, byte(count), 0, 0, 0, 0}
	return append(append(head, question...), answers...)
}
