// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/openbits/openbits"
)

// tlsSessions is how many TLS sessions are kept for resumption, per transport.
const tlsSessions = 32

// tlsConfig is the TLS setting of a route: the system's certificates and the route's own, TLS 1.2 or later.
func tlsConfig(r *openbits.Route) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
	}
	if r.CA != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM([]byte(r.CA)) {
			return nil, &openbits.Error{
				Kind: openbits.KindInvalidArgument, Text: "the extra CA holds no certificate that can be read",
				Hint: "Give a file of certificates in PEM form.",
			}
		}
		config.RootCAs = roots
	}
	if r.Cert == "" && r.Key == "" {
		config.GetClientCertificate = noCertificate
	} else {
		pair, err := tls.X509KeyPair([]byte(r.Cert), []byte(r.Key))
		if err != nil {
			return nil, &openbits.Error{
				Kind: openbits.KindInvalidArgument, Text: "the client certificate cannot be used", Err: err,
				Hint: "Give the certificate and its private key, without a passphrase, in PEM form.",
			}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// wantedKey carries an *atomic.Bool in the context of a request: set when the server wants
// a client certificate and there is none.
type wantedKey struct{}

// Wanting makes a context for requests whose errors can tell that a server wanted a client certificate.
func Wanting(ctx context.Context) context.Context {
	return context.WithValue(ctx, wantedKey{}, new(atomic.Bool))
}

func noCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if wanted, ok := info.Context().Value(wantedKey{}).(*atomic.Bool); ok {
		wanted.Store(true)
	}
	return new(tls.Certificate), nil
}

// certificateWanted is the error for a server that ended the connection after it asked for
// a client certificate. Its alert arrives after the handshake (TLS 1.3) and does not always
// get through net/http.
func certificateWanted(err error, host string) *openbits.Error {
	return &openbits.Error{
		Kind: openbits.KindTLS, Context: openbits.ContextTransport, Err: err,
		Text: host + " refuses the secure connection: client certificate required",
		Hint: "The server wants a client certificate that it accepts; give one with its key.",
	}
}

// tlsFailure explains why no secure connection to host came about, or answers nil when
// err is about something else.
func tlsFailure(err error, host string) *openbits.Error {
	e := &openbits.Error{Kind: openbits.KindTLS, Context: openbits.ContextTransport, Err: err}
	var (
		unverified *tls.CertificateVerificationError
		record     tls.RecordHeaderError
		alert      tls.AlertError
		op         *net.OpError
	)
	switch {
	case errors.As(err, &unverified):
		explainCertificate(e, unverified, host)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		e.Text = host + " does not speak TLS on this port"
		e.Hint = "Check the port, or whether the URL should begin with http://."
	case errors.As(err, &op) && op.Op == "remote error", errors.As(err, &alert):
		explainAlert(e, err, host)
	case strings.HasPrefix(rootText(err), "tls: "):
		e.Text = "no secure connection to " + host + ": " + strings.TrimPrefix(rootText(err), "tls: ")
		e.Hint = "The server's TLS setting does not fit; openbits needs TLS 1.2 or later."
	default:
		return nil
	}
	return e
}

func explainCertificate(e *openbits.Error, err *tls.CertificateVerificationError, host string) {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknown):
		issuer := "an unknown issuer"
		if n := len(err.UnverifiedCertificates); n > 0 {
			issuer = err.UnverifiedCertificates[n-1].Issuer.String()
		}
		e.Text = fmt.Sprintf("the certificate of %s is signed by %s, which is not trusted here", host, issuer)
		e.Hint = "If that issuer is your organisation's (a proxy that inspects TLS, an internal CA), give its certificate as an extra CA."
	case errors.As(err, &name):
		e.Text = "the certificate is not for " + host
		if name.Certificate != nil && len(name.Certificate.DNSNames) > 0 {
			e.Text += " but for " + strings.Join(firstOf(name.Certificate.DNSNames, 3), ", ")
		}
		e.Hint = "Check the host in the URL; another server may be answering in its place."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		e.Text = fmt.Sprintf("the certificate of %s is valid from %s to %s only", host,
			invalid.Cert.NotBefore.UTC().Format("2006-01-02"), invalid.Cert.NotAfter.UTC().Format("2006-01-02"))
		e.Hint = "If this machine's clock is right, the server's certificate must be renewed."
	default:
		e.Text = fmt.Sprintf("the certificate of %s cannot be verified: %v", host, err.Err)
		e.Hint = "The server's certificate must be replaced by a valid one."
	}
}

// explainAlert words what the server said about the handshake.
func explainAlert(e *openbits.Error, err error, host string) {
	text := strings.TrimPrefix(rootText(err), "tls: ")
	e.Text = host + " refuses the secure connection: " + text
	e.Hint = "The server's TLS setting does not fit; openbits needs TLS 1.2 or later."
	if strings.Contains(text, "certificate") {
		e.Hint = "The server wants a client certificate that it accepts; give one with its key."
	}
}

// rootText is the text of the innermost error.
func rootText(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func firstOf(list []string, n int) []string { return list[:min(n, len(list))] }
