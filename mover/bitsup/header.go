// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/openbits/openbits"
)

// Names of header fields (MC-BUP, section 2.2.1), as they look on the wire.
const (
	fieldPacket    = "BITS-Packet-Type"
	fieldSupported = "BITS-Supported-Protocols"
	fieldProtocol  = "BITS-Protocol"
	fieldSession   = "BITS-Session-Id"
	fieldHost      = "BITS-Host-Id"
	fieldFallback  = "BITS-Host-Id-Fallback-Timeout"
	fieldReceived  = "BITS-Received-Content-Range"
	fieldReply     = "BITS-Reply-URL"
	fieldContext   = "BITS-Error-Context"
	fieldName      = "Content-Name"
	fieldRange     = "Content-Range"
)

// errorFields are both spellings of the code: real servers use the first, the specification the second.
var errorFields = []string{"BITS-Error-Code", "BITS-Error"}

// version is the identifier of the only version of the protocol (MC-BUP, section 1.7).
const version = "{7df0354d-249b-430f-820d-3d2a9bef4931}"

const (
	// maxID is the longest session id that is kept: real ones have 38 characters, the documents of IIS speak of 100.
	maxID = 256
	// maxHost is the longest BITS-Host-Id (IIS: BITSHostId).
	maxHost = 300
	// maxName is the longest Content-Name (MC-BUP, section 2.2.2.2).
	maxName = 260
)

// validID reports whether a session id can be sent back.
func validID(id string) bool {
	return id != "" && len(id) <= maxID && httpguts.ValidHeaderFieldValue(id)
}

// parseCode reads a code of the protocol: a number of 32 bits in hex, with or without 0x. The first field that holds one counts.
func parseCode(h http.Header) (code uint32, ok bool) {
	for _, name := range errorFields {
		text := strings.ToLower(strings.TrimSpace(h.Get(name)))
		n, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 32)
		if err == nil {
			return uint32(n), true
		}
	}
	return 0, false
}

// parseOffset reads BITS-Received-Content-Range for a file of some size.
func parseOffset(h http.Header, size int64) (int64, bool) {
	text := strings.TrimSpace(h.Get(fieldReceived))
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n <= size
}

// parseFallback reads BITS-Host-Id-Fallback-Timeout: seconds, 0 for never, which is also what the largest number of 32 bits stands for.
func parseFallback(h http.Header) int64 {
	n, err := strconv.ParseUint(strings.TrimSpace(h.Get(fieldFallback)), 10, 32)
	if err != nil || n == math.MaxUint32 {
		return 0
	}
	return int64(min(n, uint64(openbits.MaxLife/time.Second)))
}

// parseHost reads BITS-Host-Id: a name or an address, with or without a port. "" when it is not there.
func parseHost(h http.Header) (string, bool) {
	text := strings.TrimSpace(h.Get(fieldHost))
	if text == "" {
		return "", true
	}
	if len(text) > maxHost {
		return "", false
	}
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		if ip.Zone() != "" {
			return "", false
		}
		return ip.String(), true
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = text, ""
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", false
	}
	if _, err := netip.ParseAddr(host); err != nil && !validHostName(host) {
		return "", false
	}
	return text, true
}

func validHostName(name string) bool {
	return name != "" && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}

// atHost is the host of a URL for a BITS-Host-Id; the port of the job's URL stays unless the server named one.
func atHost(host, port string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
		if ip.Is6() {
			host = "[" + host + "]"
		}
	} else if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	if port != "" {
		host += ":" + port
	}
	return host
}

// resolveReply is the URL of a reply that the server named in its answer to base. IIS names a path relative to the folder of the
// destination, with backslashes and raw braces.
func resolveReply(base *url.URL, text string) (string, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), `\`, "/")
	if len(text) > openbits.MaxURLLength {
		return "", fmt.Errorf("it has %d bytes", len(text))
	}
	reference, err := url.Parse(escape(text))
	if err != nil {
		return "", err
	}
	at := *base
	at.User = nil
	u := at.ResolveReference(reference)
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("its scheme is %q", u.Scheme)
	case base.Scheme == "https" && u.Scheme == "http":
		return "", fmt.Errorf("it leads from https to http")
	case u.Hostname() == "":
		return "", fmt.Errorf("it names no server")
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if _, err := url.Parse(u.String()); err != nil { // package url reads "//::" and does not read what it writes for it
		return "", err
	}
	return u.String(), nil
}

// escape escapes what must not stand in a URL as it is (RFC 3986, section 2).
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// contentName is the name of a file as Content-Name may say it: no character that Windows does not allow in a name, the rest escaped.
func contentName(name string) string {
	var b strings.Builder
	for i := 0; i < len(name) && b.Len()+3 <= maxName; i++ {
		switch c := name[i]; {
		case strings.IndexByte(`\/:*?"<>|`, c) >= 0:
			b.WriteByte('_')
		case c <= ' ' || c >= 0x7f || c == '%':
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
