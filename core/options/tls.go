package options

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"

	"luatrtmp/core/rtmperr"
	"luatrtmp/internal/brief"
)

// TLS tells how the server of an rtmps URL proves that it is the one.
type TLS struct {
	CA         *x509.CertPool // the authorities to trust; nil: the system's
	ServerName string         // what the certificate has to be for; "": the host of the URL
	Insecure   bool           // nothing is verified
}

// OptionCA is the option that names a file.
const OptionCA = "tls_ca"

// maxCAFile bounds the file of authorities: a system's whole collection has some 200 kB.
const maxCAFile = 4 << 20

// LoadCA reads a PEM file of certificates.
func LoadCA(option, path string) (*x509.CertPool, error) {
	f, err := os.Open(path)
	if err != nil {
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err // without the path, which may be long
		}
		return nil, rtmperr.New(rtmperr.ErrInvalid, "option %q: %s: %v", option, brief.Text(path), err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCAFile+1))
	switch {
	case err != nil:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "option %q: %v", option, err)
	case len(text) > maxCAFile:
		return nil, rtmperr.New(rtmperr.ErrInvalid, "option %q: %s has more than %d bytes: is it a file of certificates?", option, brief.Text(path), maxCAFile)
	}
	pool, certificates := x509.NewCertPool(), 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, rtmperr.New(rtmperr.ErrInvalid, "option %q: certificate %d in %s is broken: %v", option, certificates+1, brief.Text(path), err)
		}
		pool.AddCert(certificate)
		certificates++
	}
	if certificates == 0 {
		return nil, rtmperr.New(rtmperr.ErrInvalid, "option %q: no certificate in %s: expected a PEM file, with lines -----BEGIN CERTIFICATE-----",
			option, path)
	}
	return pool, nil
}
