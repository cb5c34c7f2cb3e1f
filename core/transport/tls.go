package transport

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"luatrtmp/core/endpoint"
	"luatrtmp/core/options"
	"luatrtmp/core/rtmperr"
)

// tlsConfig returns how to agree with the server of a target. systemPool loads the authorities that
// the system trusts.
func tlsConfig(t *options.TLS, host string, systemPool func() (*x509.CertPool, error)) (*tls.Config, error) {
	c := &tls.Config{
		RootCAs:            t.CA,
		ServerName:         t.ServerName,
		InsecureSkipVerify: t.Insecure,
		MinVersion:         tls.VersionTLS12,

		// Records of full size from the start: SecureConn gathers what belongs together, and a
		// frame is of no use before all of it is there.
		DynamicRecordSizingDisabled: true,
	}
	if !t.Insecure {
		c.VerifyConnection = checkKeys
	}
	if c.ServerName == "" {
		c.ServerName = endpoint.WithoutZone(host) // goes out as SNI unless it is an address
	}
	if c.RootCAs != nil || c.InsecureSkipVerify {
		return c, nil
	}
	pool, err := systemPool()
	if err != nil || pool.Equal(x509.NewCertPool()) {
		return nil, rtmperr.New(rtmperr.ErrConnect, "TLS: this machine has no certificates of authorities to verify the server with: "+
			"install the package ca-certificates, or name a file of them with the option tls_ca (tls = {ca = ...} in Lua)")
	}
	c.RootCAs = pool
	return c, nil
}

// minRSABits is the least length of an RSA key that is trusted. Go's own limit depends on settings
// of the host's environment.
const minRSABits = 2048

// weakKeyError is the refusal of a certificate whose key is too short.
type weakKeyError struct {
	cert *x509.Certificate
	bits int
	leaf bool // it is the server's own
}

func (e *weakKeyError) Error() string {
	return fmt.Sprintf("an RSA key of %d bits, at least %d are needed", e.bits, minRSABits)
}

// checkKeys refuses a server if every chain of certificates that vouches for it has an RSA key that
// is too short.
func checkKeys(state tls.ConnectionState) error {
	var err error
	for _, chain := range state.VerifiedChains {
		if err = checkChain(chain); err == nil {
			return nil
		}
	}
	return err
}

func checkChain(chain []*x509.Certificate) error {
	for i, c := range chain {
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < minRSABits {
			return &weakKeyError{cert: c, bits: key.N.BitLen(), leaf: i == 0}
		}
	}
	return nil
}

// secured agrees on encryption with the server at the other end of conn, until within is done.
func secured(within context.Context, conn net.Conn, to *endpoint.Endpoint, o *options.Options) (net.Conn, error) {
	config, err := tlsConfig(&o.TLS, to.Host, x509.SystemCertPool)
	if err != nil {
		return nil, err
	}
	c := Encrypt(conn, config, o.Timeout)
	if err := c.HandshakeContext(within); err != nil {
		return nil, tlsFailure(err, within.Err() != nil, to, config.ServerName, o.Timeout)
	}
	return c, nil
}

// tlsFailure says in words why there is no encrypted connection, and what to do. late: the time is
// over.
func tlsFailure(err error, late bool, to *endpoint.Endpoint, name string, timeout time.Duration) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	var noTLS tls.RecordHeaderError
	var weak *weakKeyError
	alert, refused := rtmperr.AlertOf(err)
	switch {
	case errors.As(err, &weak):
		whose := "the certificate of " + to.Address
		if !weak.leaf {
			whose = fmt.Sprintf("the certificate of %q, which vouches for that of %s,", to.Redact(weak.cert.Subject.String()), to.Address)
		}
		return rtmperr.New(rtmperr.ErrConnect, "TLS: %s has an RSA key of %d bits, at least %d are needed: it has to be renewed", whose, weak.bits, minRSABits)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return rtmperr.New(rtmperr.ErrConnect, "TLS: the certificate of %s is valid from %s to %s, and this machine's clock says %s: "+
			"renew the certificate, or set the clock", to.Address, day(invalid.Cert.NotBefore), day(invalid.Cert.NotAfter), day(time.Now()))
	case errors.As(err, &wrongName):
		return rtmperr.New(rtmperr.ErrConnect, "TLS: the certificate of %s is not for %q but for %s: check the host in the URL, or name the right one "+
			"with the option tls_server_name (tls = {server_name = ...} in Lua)", to.Address, name, namesOf(wrongName.Certificate, to))
	case errors.As(err, &unknown):
		return rtmperr.New(rtmperr.ErrConnect, "TLS: the certificate of %s is %s: if it is the right one, name a PEM file with the authority's "+
			"certificate with the option tls_ca (tls = {ca = ...} in Lua)", to.Address, signedBy(unknown.Cert, to))
	case errors.As(err, &invalid):
		return rtmperr.New(rtmperr.ErrConnect, "TLS: the certificate of %s is not valid: %s", to.Address, to.Redact(invalid.Error()))
	case errors.As(err, &noTLS):
		return rtmperr.New(rtmperr.ErrConnect, "TLS: %s answers without encryption: is it an rtmp:// port, not rtmps://?", to.Address)
	case late || rtmperr.IsTimeout(err):
		return rtmperr.New(rtmperr.ErrTimeout, "TLS: %s did not agree on encryption within %v of connecting: is it an rtmps:// port?", to.Address, timeout)
	case refused:
		return rtmperr.New(rtmperr.ErrConnect, "TLS: %s refuses encryption with this alert: %s", to.Address, rtmperr.AlertText(alert))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), rtmperr.IsReset(err):
		return rtmperr.New(rtmperr.ErrConnect, "TLS: %s closed the connection instead of agreeing on encryption: is it an rtmps:// port?", to.Address)
	}
	return rtmperr.New(rtmperr.ErrConnect, "TLS: %s: %s", to.Address, to.Redact(rtmperr.Reason(err).Error()))
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// namesOf says whom the certificate of a target is for.
func namesOf(c *x509.Certificate, to *endpoint.Endpoint) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host at all"
	}
	return to.Redact(strings.Join(names, ", "))
}

// signedBy says who vouches for the certificate of a target, for which nobody known vouches.
func signedBy(c *x509.Certificate, to *endpoint.Endpoint) string {
	switch {
	case c == nil:
		return "signed by nobody that is trusted here"
	case c.CheckSignatureFrom(c) == nil || c.Issuer.String() == c.Subject.String():
		return "signed by itself, by nobody that is trusted here"
	}
	return "signed by " + to.Redact(c.Issuer.String()) + ", who is not trusted here"
}
