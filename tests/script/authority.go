package script

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Authority issues certificates, for the length of a test.
type Authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  crypto.Signer
}

// NewAuthority makes an authority that nobody trusts unless told to.
func NewAuthority(t testing.TB) *Authority { return newAuthority(t, ellipticKey(t)) }

// NewRSAAuthority is NewAuthority with an RSA key of so many bits.
func NewRSAAuthority(t testing.TB, bits int) *Authority { return newAuthority(t, rsaKey(t, bits)) }

func newAuthority(t testing.TB, key crypto.Signer) *Authority {
	a := &Authority{t: t}
	a.cert = a.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Authority of a test"}, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}, key)
	a.key = key
	return a
}

func ellipticKey(t testing.TB) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return key
}

// issue completes and signs a certificate for a key; the first one signs itself.
func (a *Authority) issue(c *x509.Certificate, key crypto.Signer) *x509.Certificate {
	if c.NotBefore.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	require.NoError(a.t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(a.t, err)
	return parsed
}

// For returns what a server says whose certificate is for a host, a name or an address, and valid now.
func (a *Authority) For(host string) *tls.Config { return a.Between(host, time.Time{}, time.Time{}) }

// Between is For with a time of validity.
func (a *Authority) Between(host string, from, to time.Time) *tls.Config {
	return a.config(host, from, to, ellipticKey(a.t))
}

// RSA is For with an RSA key of so many bits.
func (a *Authority) RSA(host string, bits int) *tls.Config {
	return a.config(host, time.Time{}, time.Time{}, rsaKey(a.t, bits))
}

func (a *Authority) config(host string, from, to time.Time, key crypto.Signer) *tls.Config {
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "server of a test"}, NotBefore: from, NotAfter: to}
	if ip := net.ParseIP(host); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{host}
	}
	cert := a.issue(c, key)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

// Pair returns PEM files with the certificate and the key of For.
func (a *Authority) Pair(host string) (certificate, key string) {
	pair := a.For(host).Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(a.t, err)
	return a.write("CERTIFICATE", pair.Certificate[0]), a.write("PRIVATE KEY", der)
}

// File returns a PEM file with the authority's certificate.
func (a *Authority) File() string {
	return a.write("CERTIFICATE", a.cert.Raw)
}

func (a *Authority) write(kind string, der []byte) string {
	path := filepath.Join(a.t.TempDir(), "file.pem")
	require.NoError(a.t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	return path
}

// SelfSigned is what a server says whose certificate nobody else has signed.
func SelfSigned(t testing.TB, host string) *tls.Config { return (&Authority{t: t}).For(host) }
