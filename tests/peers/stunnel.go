package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// StartStunnel starts stunnel in front of a server that has no TLS of its own, with a certificate and its key in PEM files. version is the
// only one that it speaks, "TLSv1.2" or "TLSv1.3". Addr of what it returns is the RTMPS port; the server behind it has the recordings.
func StartStunnel(t testing.TB, behind *Server, certificate, key, version string) *Server {
	t.Helper()

	stunnel := program(t, "stunnel4")
	s := newServer(t, "stunnel")
	port := freePort(t)
	s.Addr = loopback(port)

	conf := filepath.Join(s.dir, "stunnel.conf")
	text := fmt.Sprintf("foreground = yes\npid =\nsyslog = no\n[rtmps]\naccept = %s\nconnect = %s\ncert = %s\nkey = %s\nsslVersion = %s\n",
		s.Addr, behind.Addr, certificate, key, version)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatalf("peers: %v", err)
	}
	s.start(nil, stunnel, conf)
	s.waitListening(port)

	return s
}
