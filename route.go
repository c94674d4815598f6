// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package openbits

import (
	"net/url"
	"strings"
)

// Route is how a job reaches its servers, as the creating client said it: it is kept
// with the job, sealed at rest and never shown again.
type Route struct {
	Headers     []Header     `json:"headers,omitempty"`     // sent to the origin of the file's own URL only
	Credentials []Credential `json:"credentials,omitempty"` // sent to the origins they name only
	Proxy       Proxy        `json:"proxy,omitzero"`
	CA          string       `json:"ca,omitempty"`   // PEM certificates trusted besides the system's
	Cert        string       `json:"cert,omitempty"` // PEM certificate chain of the client
	Key         string       `json:"key,omitempty"`  // PEM private key of Cert
}

// Header is one header field of the requests of a job.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Credential is a user's name and password for one server.
type Credential struct {
	// Host is the server the credential belongs to: a host name, or host:port for that port alone.
	// An empty host means the origin of each file's own URL.
	Host     string `json:"host"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// Proxy is the proxy setting of the client that created the job, in the form of the
// environment variables of the same names. URLs are http://, https://, socks5:// or socks5h://.
type Proxy struct {
	HTTP  string `json:"http,omitempty"`  // for http:// URLs
	HTTPS string `json:"https,omitempty"` // for https:// URLs
	No    string `json:"no,omitempty"`    // NO_PROXY: hosts, domains and address ranges that are reached directly
}

// RedactURL is raw without what may be secret: user, query and fragment.
// What was removed is marked, so that two redacted URLs are not taken for equal.
func RedactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(unreadable URL)"
	}
	if u.User != nil {
		u.User = url.User("…")
	}
	if u.RawQuery != "" || u.ForceQuery {
		u.RawQuery = "…"
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = "", ""
	}
	text := u.String()
	// The mark is for people: net/url would escape it.
	return unescapeMark(text)
}

func unescapeMark(s string) string {
	return strings.ReplaceAll(s, url.QueryEscape("…"), "…")
}
