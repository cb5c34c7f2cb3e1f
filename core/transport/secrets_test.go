package transport

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/endpoint/leaktest"
	"luatrtmp/core/options"
)

// Neither a certificate nor a name server can show a secret.
func TestSecretsOfCertificatesAndNames(t *testing.T) {
	const key = "key_0123456789abcdef"
	to, err := endpoint.Parse("rtmps://h/live/"+key, nil, nil)
	require.NoError(t, err)
	certificate := &x509.Certificate{DNSNames: []string{key + ".example"}, Subject: pkix.Name{CommonName: key}, Issuer: pkix.Name{CommonName: "by " + key}}
	for _, failed := range []error{
		x509.HostnameError{Certificate: certificate, Host: "h"},
		x509.UnknownAuthorityError{Cert: certificate},
		x509.CertificateInvalidError{Cert: certificate, Reason: x509.CANotAuthorizedForThisName, Detail: key},
		&weakKeyError{cert: certificate, bits: 1024},
		errors.New("tls: " + key),
	} {
		require.Empty(t, leaktest.Leaked(tlsFailure(failed, false, to, "h", time.Second).Error(), key))
	}
	resolver := NewResolver(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no " + key) })
	o := options.Default()
	to, err = endpoint.Parse("rtmp://no.such.host.example/live/"+key, nil, nil)
	require.NoError(t, err)
	_, err = Dial(context.Background(), resolver, to, &o)
	require.ErrorContains(t, err, "cannot be resolved")
	require.Empty(t, leaktest.Leaked(err.Error(), key))
}
