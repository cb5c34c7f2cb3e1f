package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"
)

// serveSecure takes connections over TLS, each in a goroutine of its own, and returns its address.
func serveSecure() (address string, err error) {
	config, err := selfSigned()
	if err != nil {
		return "", err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		return "", fmt.Errorf("listen: %w", err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveConn(c)
		}
	}()
	return l.Addr().String(), nil
}

func serveConn(c net.Conn) {
	defer c.Close()
	var s stream
	buf := make([]byte, lowWater)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			reply, failed := s.feed(buf[:n])
			if failed == nil && len(reply) > 0 {
				_, failed = c.Write(reply)
			}
			if failed != nil {
				s.report(failed)
				return
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			s.report(err)
			return
		}
	}
}

// selfSigned makes a certificate that nobody trusts; the publishers do not ask.
func selfSigned() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink"}, IPAddresses: []net.IP{{127, 0, 0, 1}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	// librtmp takes a session ticket for the end of the connection.
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, SessionTicketsDisabled: true}, nil
}
