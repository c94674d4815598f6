// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/http/httpguts"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/api"
)

// routeFlags say how the servers are reached. What they name is read here, with the caller's rights and
// from the caller's environment, and kept with the job: the service may run where neither is known.
type routeFlags struct {
	headers           []string
	proxy             string
	cacert, cert, key string
	netrc, withoutRC  bool
}

func (f *routeFlags) register(c *cobra.Command, withNetrc bool) {
	flags := c.Flags()
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "send this header (`K:V`) to the servers of the URLs; @FILE reads one a line")
	flags.StringVar(&f.proxy, "proxy", "", "reach the servers through this proxy `URL` (http, https, socks5, socks5h), or off; default: the environment's")
	flags.StringVar(&f.cacert, "cacert", "", "trust the certificates in this PEM `FILE` besides the system's; default: $OPENBITS_CACERT")
	flags.StringVar(&f.cert, "cert", "", "show the servers the client certificate in this PEM `FILE`")
	flags.StringVar(&f.key, "key", "", "its private key, a PEM `FILE`; default: in the file of --cert")
	if !withNetrc {
		f.withoutRC = true
		return
	}
	flags.BoolVar(&f.netrc, "netrc", false, "user names and passwords must come from $NETRC or ~/.netrc, which are read anyway when they exist")
	flags.BoolVar(&f.withoutRC, "no-netrc", false, "do not read $NETRC or ~/.netrc")
	c.MarkFlagsMutuallyExclusive("netrc", "no-netrc")
}

func (f *routeFlags) route(a *app, urls []*url.URL) (api.Route, error) {
	var r api.Route
	var err error
	if r.Headers, err = parseHeaders(a.In, f.headers); err != nil {
		return r, err
	}
	if r.Proxy, err = proxyFrom(f.proxy, a.env); err != nil {
		return r, err
	}
	cacert, flag := f.cacert, "--cacert"
	if cacert == "" {
		cacert, flag = a.env("OPENBITS_CACERT"), "OPENBITS_CACERT"
	}
	if r.CA, err = readCA(flag, cacert); err != nil {
		return r, err
	}
	if r.Cert, r.Key, err = readKeyPair(f.cert, f.key); err != nil {
		return r, err
	}
	if !f.withoutRC {
		r.Credentials, err = a.netrcFor(urls, f.netrc)
	}
	return r, err
}

// maxPEM is the most that is read of a file of certificates or headers: all public authorities take 220 kB.
const maxPEM = 1 << 20

func readSmall(flag, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage(flag+" "+path, plainOS(err), "Check the path.")
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err != nil {
		return nil, usage(flag+" "+path, plainOS(err), "Check the path.")
	}
	if len(data) > maxPEM {
		return nil, usage(flag+" "+path, "the file is larger than 1 MiB", "")
	}
	return data, nil
}

// plainOS is the system's word for what went wrong, without the path that the message has already.
func plainOS(err error) string {
	if path, ok := err.(*os.PathError); ok {
		return path.Err.Error()
	}
	return err.Error()
}

func readCA(flag, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := readSmall(flag, path)
	if err != nil {
		return "", err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return "", usage(flag+" "+path, "there is no PEM certificate in it", `A PEM file has lines "-----BEGIN CERTIFICATE-----".`)
	}
	return string(data), nil
}

func readKeyPair(certPath, keyPath string) (cert, key string, err error) {
	if certPath == "" {
		if keyPath != "" {
			return "", "", usage("--key", "there is no --cert that it belongs to", "Give both.")
		}
		return "", "", nil
	}
	if keyPath == "" {
		keyPath = certPath
	}
	certData, err := readSmall("--cert", certPath)
	if err != nil {
		return "", "", err
	}
	keyData, err := readSmall("--key", keyPath)
	if err != nil {
		return "", "", err
	}
	if block, _ := pem.Decode(keyData); block != nil && (block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "") {
		return "", "", usage("--key "+keyPath, "the key is encrypted", `The service cannot ask for its password: "openssl pkey -in FILE -out PLAIN" makes a plain one.`)
	}
	if _, err := tls.X509KeyPair(certData, keyData); err != nil {
		return "", "", usage("--cert "+certPath, strings.TrimPrefix(err.Error(), "tls: "), "")
	}
	return string(certData), string(keyData), nil
}

// ownHeaders are set by the service: another value would break what it promises.
var ownHeaders = map[string]bool{
	"host": true, "range": true, "if-range": true, "if-match": true, "if-none-match": true, "if-modified-since": true,
	"if-unmodified-since": true, "accept-encoding": true, "connection": true, "content-length": true, "te": true,
	"transfer-encoding": true, "upgrade": true, "proxy-authorization": true, "proxy-connection": true, "keep-alive": true, "trailer": true,
}

func parseHeaders(in io.Reader, texts []string) ([]api.Header, error) {
	var headers []api.Header
	size := 0
	for _, text := range texts {
		lines := []string{text}
		if path, ok := strings.CutPrefix(text, "@"); ok {
			data, err := readHeaderFile(in, path)
			if err != nil {
				return nil, err
			}
			lines = nonEmptyLines(data)
		}
		for _, line := range lines {
			h, err := parseHeader(line)
			if err != nil {
				return nil, err
			}
			size += len(h.Name) + len(h.Value)
			headers = append(headers, h)
		}
	}
	if size > openbits.MaxHeaderBytes {
		return nil, usage("--header", "the headers take more than 16 KiB together", "")
	}
	return headers, nil
}

func readHeaderFile(in io.Reader, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(in, maxPEM))
	}
	return readSmall("--header", path)
}

func nonEmptyLines(data []byte) []string {
	var lines []string
	for scan := bufio.NewScanner(bytes.NewReader(data)); scan.Scan(); {
		if line := strings.TrimSpace(scan.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// parseHeader never repeats the value: it may be a secret.
func parseHeader(line string) (api.Header, error) {
	name, value, ok := strings.Cut(line, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case !ok:
		return api.Header{}, usage("--header", "a header has the form NAME: VALUE", "Write it like -H 'Authorization: Bearer TOKEN'.")
	case !httpguts.ValidHeaderFieldName(name):
		return api.Header{}, usage("--header", `"`+name+`" is no name of a header`, "Names are letters, digits and dashes.")
	case !httpguts.ValidHeaderFieldValue(value):
		return api.Header{}, usage("--header "+name, "its value holds a control character", "")
	case ownHeaders[strings.ToLower(name)]:
		return api.Header{}, usage("--header "+name, "the service sets this header itself", "Leave it out.")
	}
	return api.Header{Name: name, Value: value}, nil
}
