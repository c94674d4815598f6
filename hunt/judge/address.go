// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// remote is what a remote name says. BITS takes URLs (http, https), shares and plain paths.
type remote struct {
	scheme string // http, https, file, …; empty for paths
	kind   string // name, ip, loopback, unc, file, path; empty: nothing is there
	place  string // internet, internal, loopback; empty: it is no place on a network
	host   string // in lower case; an address in its usual form
	port   string
	tld    string // the last label of a name
	path   string // without query and fragment
	ext    string
	extIs  string
	user   bool // it has a user name in it, or what may be taken for one
}

// internalNames end the names of private networks.
var internalNames = []string{".local", ".lan", ".corp", ".internal", ".intranet", ".private", ".home.arpa", ".home", ".localdomain", ".ad"}

func parseRemote(name string) (r remote) {
	name = strings.TrimSpace(name)
	if name == "" {
		return r
	}
	scheme, rest, isURL := strings.Cut(name, "://")
	p := normal(name)
	switch {
	case !isURL && webScheme(name) != "": // with one slash, or backslashes
		r.scheme = webScheme(name)
		r.fromURL(strings.TrimLeft(name[len(r.scheme)+1:], `/\`))
	case isURL && !strings.ContainsAny(scheme, `\/ :`):
		r.scheme = strings.ToLower(scheme)
		r.fromURL(rest)
	case strings.HasPrefix(strings.ToLower(name), "file:"):
		r.scheme = "file"
		r.fromURL(name[len("file:"):])
	case strings.HasPrefix(p, `\\`):
		r.kind = "unc"
		r.share(p)
	default:
		r.kind, r.path = "path", p
	}
	file, _ := stream(r.path)
	if r.scheme == "http" || r.scheme == "https" {
		file = r.path
	}
	name = lastPart(file)
	if r.kind != "path" && r.scheme != "" && r.scheme != "file" {
		name, _, _ = strings.Cut(name, ";") // parameters
	}
	r.ext, r.extIs = extension(name)
	return r
}

// webScheme is http or https when the name begins with it and a slash.
func webScheme(name string) string {
	scheme, rest, found := strings.Cut(name, ":")
	scheme = strings.ToLower(scheme)
	if found && (scheme == "http" || scheme == "https") && rest != "" && strings.ContainsAny(rest[:1], `/\`) {
		return scheme
	}
	return ""
}

// fromURL reads what follows "scheme://". It takes anything: url.Parse refuses much of what attackers write and Windows takes.
func (r *remote) fromURL(rest string) {
	if r.scheme == "file" {
		p := strings.ReplaceAll(rest, `\`, "/")
		if bare := strings.TrimLeft(p, "/"); len(bare) > 1 && (bare[1] == ':' || bare[1] == '|') || strings.HasPrefix(p, "/") {
			r.kind, r.path = "file", normal(bare)
			return
		}
		r.kind = "unc"
		r.share(normal(`\\` + rest))
		return
	}
	// Not all readers of URLs end a host at the same mark: what may be a user's name for one of them is taken for one.
	authority, _, _ := strings.Cut(rest, "/")
	r.user = strings.Contains(authority, "@")
	if at := strings.IndexAny(rest, "?#"); at >= 0 {
		rest = rest[:at]
	}
	host := rest
	if at := strings.IndexAny(rest, `/\`); at >= 0 {
		host, r.path = rest[:at], strings.ReplaceAll(rest[at:], `\`, "/")
	}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if at := strings.LastIndexByte(host, ':'); at >= 0 && !strings.HasSuffix(host, "]") {
		host, r.port = host[:at], host[at+1:]
	}
	r.kind = "name"
	r.setHost(host)
}

// share reads \\host\share\path.
func (r *remote) share(p string) {
	host, path, _ := strings.Cut(strings.TrimPrefix(p, `\\`), `\`)
	host, r.port, _ = strings.Cut(host, "@") // WebDAV: \\host@SSL@8080\
	if strings.HasSuffix(host, ".ipv6-literal.net") {
		host = strings.ReplaceAll(strings.TrimSuffix(host, ".ipv6-literal.net"), "-", ":")
	}
	r.path = `\` + path
	kind := r.kind
	r.setHost(host)
	r.kind = kind
}

func (r *remote) setHost(host string) {
	if plain, err := url.PathUnescape(host); err == nil {
		host = plain
	}
	host = strings.TrimRight(strings.ToLower(strings.Trim(strings.Map(asciiHost, host), "[]")), ".")
	r.host = host
	if a, ok := parseAddr(host); ok {
		r.host = a.String()
		r.kind, r.place = "ip", "internet"
		switch {
		case a.IsLoopback() || a.IsUnspecified():
			r.kind, r.place = "loopback", "loopback"
		case a.IsPrivate() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a):
			r.place = "internal"
		}
		return
	}
	r.tld = host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case host == "":
		r.kind = "path"
	case host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "loopback":
		r.kind, r.place = "loopback", "loopback"
	case !strings.Contains(host, "."):
		r.tld, r.place = "", "internal"
	default:
		r.place = "internet"
		for _, suffix := range internalNames {
			if strings.HasSuffix(host, suffix) {
				r.place = "internal"
			}
		}
	}
}

// asciiHost writes a letter of a host as resolvers do (IDNA): wide letters and digits and the dots of East Asia are plain ones, and what cannot be seen is not there.
func asciiHost(c rune) rune {
	switch {
	case c == '\u3002' || c == '\uff61':
		return '.'
	case c >= '\uff01' && c <= '\uff5e':
		return c - 0xfee0
	case c == '\u00ad' || c == '\u200b' || c == '\u200c' || c == '\u200d' || c == '\u2060' || c == '\ufeff':
		return -1
	}
	return c
}

// sharedSpace is RFC 6598: addresses between a provider and its customers, which corporate networks use as private ones.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// parseAddr reads an address in the ways that Windows takes it: 127.1, 0x7f.0.0.1, 2130706433 and 017700000001 are all 127.0.0.1.
func parseAddr(host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().WithZone(""), true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var whole uint64
	for i, p := range parts {
		if p == "" || p[0] < '0' || p[0] > '9' {
			return netip.Addr{}, false
		}
		n, err := strconv.ParseUint(p, 0, 32)
		last := i == len(parts)-1
		if err != nil || strings.Contains(p, "_") || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		if last {
			whole = whole<<(8*(5-len(parts))) | n
		} else {
			whole = whole<<8 | n
		}
	}
	return netip.AddrFrom4([4]byte{byte(whole >> 24), byte(whole >> 16), byte(whole >> 8), byte(whole)}), true
}
