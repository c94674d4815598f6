// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/openbits/openbits"
)

// reserved are the headers that a job may not set.
var reserved = map[string]bool{
	"Range": true, "If-Range": true, "If-Match": true, "If-None-Match": true,
	"If-Modified-Since": true, "If-Unmodified-Since": true, "Accept-Encoding": true, "Te": true,
	"Connection": true, "Keep-Alive": true, "Upgrade": true, "Transfer-Encoding": true,
	"Trailer": true, "Content-Length": true, "Content-Range": true, "Content-Encoding": true, "Expect": true,
}

// CheckHeaders refuses headers that would break the rules by which answers are judged. It answers nil or an error without operation and object.
func CheckHeaders(list []openbits.Header) *openbits.Error {
	for _, h := range list {
		name := http.CanonicalHeaderKey(strings.TrimSpace(h.Name))
		valid := httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(h.Value)
		if reserved[name] || strings.HasPrefix(name, "Proxy-") || strings.HasPrefix(name, "Bits-") || !valid {
			return &openbits.Error{
				Kind: openbits.KindInvalidArgument, Context: openbits.ContextRemoteFile,
				Text: fmt.Sprintf("the header %q cannot be set", h.Name),
				Hint: "Remove it: openbits sets the headers that concern ranges, codings and the connection itself.",
			}
		}
	}
	return nil
}

// origin is the triple that credentials are bound to (RFC 6454).
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	return origin{u.Scheme, strings.ToLower(u.Hostname()), PortOf(u)}
}

// SameOrigin reports whether a and b have the same scheme, host and port.
func SameOrigin(a, b *url.URL) bool { return originOf(a) == originOf(b) }

// Authorize adds to a request to u what belongs to the origin of u and to no other: the job's headers to the origin of the
// file's own URL, the user in a URL to that URL's origin, credentials to the servers they name. A header outranks
// the URL, and the URL a credential.
func Authorize(req *http.Request, r *openbits.Route, file, u *url.URL) {
	own := SameOrigin(u, file)
	if own {
		addHeaders(req, r.Headers)
	}
	if req.Header.Get("Authorization") != "" {
		return
	}
	user := u.User
	if user == nil && own {
		user = file.User
	}
	if user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
		return
	}
	for _, c := range r.Credentials {
		if belongs(c, u, own) {
			req.SetBasicAuth(c.User, c.Password)
			return
		}
	}
}

// addHeaders sets the job's headers, in place of our own such as User-Agent.
func addHeaders(req *http.Request, list []openbits.Header) {
	seen := make(map[string]bool)
	for _, h := range list {
		name := http.CanonicalHeaderKey(strings.TrimSpace(h.Name))
		switch {
		case name == "Host":
			req.Host = h.Value
		case seen[name]:
			req.Header.Add(name, h.Value)
		default:
			req.Header.Set(name, h.Value)
		}
		seen[name] = true
	}
}

// belongs reports whether c is for the server of u. A credential that names a host without
// a port follows a redirect from another origin over TLS only: whoever can answer a plain
// request could otherwise redirect it there and listen.
func belongs(c openbits.Credential, u *url.URL, own bool) bool {
	if c.Host == "" {
		return own
	}
	if host, port, err := net.SplitHostPort(c.Host); err == nil {
		return strings.EqualFold(host, u.Hostname()) && port == PortOf(u)
	}
	return strings.EqualFold(strings.Trim(c.Host, "[]"), u.Hostname()) && (own || u.Scheme == "https")
}
