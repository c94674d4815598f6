// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpget

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpguts"

	"github.com/openbits/openbits"
)

// maxRedirects is how many redirects are followed for one request.
const maxRedirects = 10

// reserved are the headers that a job may not set.
var reserved = map[string]bool{
	"Range": true, "If-Range": true, "If-Match": true, "If-None-Match": true,
	"If-Modified-Since": true, "If-Unmodified-Since": true, "Accept-Encoding": true, "Te": true,
	"Connection": true, "Keep-Alive": true, "Upgrade": true, "Transfer-Encoding": true,
	"Trailer": true, "Content-Length": true, "Expect": true,
}

func validHeader(name, value string) bool {
	return httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(value)
}

// ask is what a request asks for.
type ask struct {
	held    openbits.Head
	ranged  bool   // from held.Offset on; the whole file otherwise
	ifRange string // the strong validator to send
}

// origin is the triple that credentials are bound to (RFC 6454).
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	return origin{u.Scheme, strings.ToLower(u.Hostname()), portOf(u)}
}

// get makes the request and follows redirects from the file's own URL.
func (f *fetch) get(ctx context.Context, w *watch, a ask) (*http.Response, error) {
	u, wanted := f.url, new(atomic.Bool)
	ctx = context.WithValue(ctx, wantedKey{}, wanted)
	for f.hops = 0; ; f.hops++ {
		req, err := f.request(ctx, u, a)
		if err != nil {
			return nil, err
		}
		// The transport has a limit for each phase; this one covers what lies between
		// them, such as a SOCKS proxy that says nothing.
		w.arm(f.m.timeouts.Connect + f.m.timeouts.TLS + f.m.timeouts.Header)
		resp, err := f.transport.RoundTrip(req)
		w.rest()
		if err != nil {
			e := roundTripError(ctx, err, u.Host)
			if e.Kind == openbits.KindConnectionClosed && wanted.Load() {
				e = certificateWanted(err, u.Host)
			}
			return nil, e
		}
		if !isRedirect(resp.StatusCode) {
			return resp, nil
		}
		next, failure := follow(u, resp)
		f.drain(w, resp)
		resp.Body.Close()
		if failure != nil {
			return nil, failure
		}
		if f.hops == maxRedirects {
			return nil, &openbits.Error{
				Kind: openbits.KindTooManyRedirects, Context: openbits.ContextRemoteFile,
				Text: fmt.Sprintf("more than %d redirects, at last from %s", maxRedirects, u.Host),
				Hint: "The server's redirects go in a circle; look for another URL.",
			}
		}
		u = next
	}
}

// request builds the request for one hop.
func (f *fetch) request(ctx context.Context, u *url.URL, a ask) (*http.Request, error) {
	bare := *u
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, bare.String(), nil)
	if err != nil {
		return nil, &openbits.Error{Kind: openbits.KindInvalidArgument, Context: openbits.ContextRemoteFile, Text: "the URL cannot be asked for"}
	}
	req.Header.Set("User-Agent", f.m.agent)
	req.Header.Set("Accept", "*/*")
	if f.fresh {
		req.Header.Set("Cache-Control", "no-cache")
		req.Header.Set("Pragma", "no-cache")
	}
	f.authorize(req, u)
	req.Header.Set("Accept-Encoding", "identity")
	if a.ranged {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", a.held.Offset))
		if a.ifRange != "" {
			req.Header.Set("If-Range", a.ifRange)
		}
	}
	return req, nil
}

// authorize adds what belongs to the origin of u and to no other: the job's headers to the
// origin of the file's own URL, the user in a URL to that URL's origin, credentials to the
// servers they name. A header outranks the URL, and the URL a credential.
func (f *fetch) authorize(req *http.Request, u *url.URL) {
	own := originOf(u) == originOf(f.url)
	if own {
		seen := make(map[string]bool)
		for _, h := range f.route.Headers {
			name := http.CanonicalHeaderKey(strings.TrimSpace(h.Name))
			switch {
			case name == "Host":
				req.Host = h.Value
			case seen[name]:
				req.Header.Add(name, h.Value)
			default: // in place of our own, such as User-Agent
				req.Header.Set(name, h.Value)
			}
			seen[name] = true
		}
	}
	if req.Header.Get("Authorization") != "" {
		return
	}
	user := u.User
	if user == nil && own {
		user = f.url.User
	}
	if user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
		return
	}
	for _, c := range f.route.Credentials {
		if belongs(c, u, own) {
			req.SetBasicAuth(c.User, c.Password)
			return
		}
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
		return strings.EqualFold(host, u.Hostname()) && port == portOf(u)
	}
	return strings.EqualFold(strings.Trim(c.Host, "[]"), u.Hostname()) && (own || u.Scheme == "https")
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	default:
		return false
	}
}

// follow reads where a redirect from u leads.
func follow(u *url.URL, resp *http.Response) (*url.URL, *openbits.Error) {
	location := resp.Header.Get("Location")
	next, err := u.Parse(location)
	if location == "" || err != nil {
		return nil, invalid(u.Host + " redirects to nowhere")
	}
	refused := &openbits.Error{Kind: openbits.KindRedirectRefused, Context: openbits.ContextRemoteFile}
	switch {
	case next.Scheme != "http" && next.Scheme != "https":
		refused.Text = fmt.Sprintf("%s redirects to a URL of the kind %q", u.Host, next.Scheme)
		refused.Hint = "Only http and https are followed; look for another URL."
		return nil, refused
	case u.Scheme == "https" && next.Scheme == "http":
		refused.Text = fmt.Sprintf("%s redirects from https to http (%s)", u.Host, next.Host)
		refused.Hint = "Such a redirect gives up the protection of TLS. If that is acceptable, give the http URL itself."
		return nil, refused
	case next.Hostname() == "":
		return nil, invalid(u.Host + " redirects to nowhere")
	}
	return next, nil
}

// invalid is the error for an answer that contradicts itself or what was asked.
func invalid(text string) *openbits.Error {
	return &openbits.Error{Kind: openbits.KindInvalidServerResponse, Context: openbits.ContextRemoteFile, Text: text}
}
