package transport

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

func TestNoAuthorities(t *testing.T) {
	for _, system := range []func() (*x509.CertPool, error){
		func() (*x509.CertPool, error) { return x509.NewCertPool(), nil },
		func() (*x509.CertPool, error) { return nil, errors.New("none") },
	} {
		_, err := tlsConfig(&options.TLS{}, "h", system)
		require.ErrorIs(t, err, rtmperr.ErrConnect)
		require.ErrorContains(t, err, "ca-certificates")
		require.ErrorContains(t, err, "tls_ca")
	}
	pool := x509.NewCertPool()
	pool.AddCert(&x509.Certificate{Raw: []byte{1}})
	config, err := tlsConfig(&options.TLS{}, "h", func() (*x509.CertPool, error) { return pool, nil })
	require.NoError(t, err)
	require.True(t, config.RootCAs.Equal(pool))
	require.Equal(t, "h", config.ServerName)
}

// One chain of certificates with long keys is enough.
func TestWeakKeyInOneOfTwoChains(t *testing.T) {
	key := func(bits int) *x509.Certificate {
		return &x509.Certificate{PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), uint(bits-1)), E: 65537}}
	}
	strong, weak := []*x509.Certificate{key(2048), key(4096)}, []*x509.Certificate{key(2048), key(2047)}
	require.NoError(t, checkKeys(tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{weak, strong}}))
	require.Error(t, checkKeys(tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{weak}}))
}

// The zone of an address is no part of the name that the certificate has to be for.
func TestServerNameWithoutZone(t *testing.T) {
	config, err := tlsConfig(&options.TLS{Insecure: true}, "fe80::1%eth0", nil)
	require.NoError(t, err)
	require.Equal(t, "fe80::1", config.ServerName)
	require.EqualValues(t, tls.VersionTLS12, config.MinVersion)
}
