// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/openbits/openbits"
)

// MaxRedirects is how many redirects are followed for one request.
const MaxRedirects = 10

// IsRedirect reports whether a status asks for the request to be made elsewhere (RFC 9110, section 15.4).
func IsRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	default:
		return false
	}
}

// Follow reads where a redirect from u leads: never from https to http, nor away from HTTP.
func Follow(u *url.URL, resp *http.Response) (*url.URL, *openbits.Error) {
	location := resp.Header.Get("Location")
	next, err := u.Parse(location)
	if location == "" || err != nil {
		return nil, Invalid(u.Host + " redirects to nowhere")
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
		return nil, Invalid(u.Host + " redirects to nowhere")
	}
	return next, nil
}

// TooManyRedirects is the error for redirects without end, at last from host.
func TooManyRedirects(host string) *openbits.Error {
	return &openbits.Error{
		Kind: openbits.KindTooManyRedirects, Context: openbits.ContextRemoteFile,
		Text: fmt.Sprintf("more than %d redirects, at last from %s", MaxRedirects, host),
		Hint: "The server's redirects go in a circle; look for another URL.",
	}
}

// Invalid is the error for an answer that contradicts itself or what was asked.
func Invalid(text string) *openbits.Error {
	return &openbits.Error{Kind: openbits.KindInvalidServerResponse, Context: openbits.ContextRemoteFile, Text: text}
}

// PortalError is the error for a page of host that answers in place of the server.
func PortalError(host string) *openbits.Error {
	return &openbits.Error{
		Kind: openbits.KindCaptivePortal, Context: openbits.ContextTransport,
		Text: "a page of " + host + " answers in place of the file",
		Hint: "Sign in to this network in a browser; the file is asked for again by itself.",
	}
}

// Bare is u without user and fragment, which are not sent.
func Bare(u *url.URL) *url.URL {
	bare := *u
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	return &bare
}

// Explain completes an error with what was attempted on which file.
func Explain(err error, op string, t openbits.Transfer) error {
	full := *openbits.AsError(err)
	full.Op, full.Object, full.File = op, openbits.RedactURL(t.URL), t.Index
	if full.Context == "" {
		full.Context = openbits.ContextTransport
	}
	return &full
}

// ParseTarget reads the URL of a transfer and checks it and the headers of its route. It answers an error without operation and object.
func ParseTarget(t openbits.Transfer, headers []openbits.Header) (*url.URL, error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &openbits.Error{
			Kind: openbits.KindInvalidArgument, Context: openbits.ContextRemoteFile, Text: "this is not a URL that can be used",
			Hint: "Give a URL that begins with http:// or https:// and names a host.",
		}
	}
	if e := CheckHeaders(headers); e != nil {
		return nil, e
	}
	return u, nil
}
