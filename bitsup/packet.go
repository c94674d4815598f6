// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"net/http"
	"strings"
)

// Method is the HTTP method of every packet ([MC-BUP] 2.1).
const Method = "BITS_POST"

// Protocol is the GUID of the only version of the protocol, "BITS 1.5 Upload Protocol" ([MC-BUP] 2.2.2), as Windows writes it.
const Protocol = "{7df0354d-249b-430f-820d-3d2a9bef4931}"

// packetType is what a packet asks for, spelled as Windows does. Any case is understood, since
// the specification writes capitals and the wire does not.
type packetType string

const (
	// createSession opens a session for the file that the URL names.
	createSession packetType = "Create-Session"
	// ping asks nothing: it lets a client authenticate a connection, or try a host.
	ping packetType = "Ping"
	// fragment carries a part of the file.
	fragment packetType = "Fragment"
	// closeSession ends a session whose file has arrived.
	closeSession packetType = "Close-Session"
	// cancelSession ends a session whose file shall not arrive.
	cancelSession packetType = "Cancel-Session"
)

var packetTypes = []packetType{createSession, ping, fragment, closeSession, cancelSession}

// Names of the headers, spelled as Windows does.
const (
	headerPacketType    = "BITS-Packet-Type"
	headerProtocols     = "BITS-Supported-Protocols"
	headerProtocol      = "BITS-Protocol"
	headerSession       = "BITS-Session-Id"
	headerHost          = "BITS-Host-Id"
	headerHostFallback  = "BITS-Host-Id-Fallback-Timeout"
	headerReceived      = "BITS-Received-Content-Range"
	headerReply         = "BITS-Reply-URL"
	headerErrorCode     = "BITS-Error-Code" // as documentation and implementations have it
	headerError         = "BITS-Error"      // as the specification has it
	headerErrorContext  = "BITS-Error-Context"
	headerContentRange  = "Content-Range"
	headerContentName   = "Content-Name"
	headerContentLength = "Content-Length"
	headerEncoding      = "Content-Encoding"
)

const (
	// maxHeaderValue is the longest value of a header of the protocol in bytes ([MC-BUP] 2.2).
	maxHeaderValue = 4096
	// maxSessionID is the longest session id in bytes (learn.microsoft.com, "Create-Session").
	maxSessionID = 100
	// maxProtocols is how many protocols of a Create-Session are read; Windows' server has the same limit.
	maxProtocols = 100
)

// packet is a request after the checks that concern its form alone.
type packet struct {
	kind    packetType
	session string // "" in Create-Session, and in most Pings
	length  int64  // Content-Length; -1: missing
}

// parsePacket reads the headers that all packets have. It looks at the form alone: whether the session is known, or the
// caller may do what it asks for, is decided later, in the order of [MC-BUP] 3.2.5.2.3.
func parsePacket(r *http.Request) (packet, *refusal) {
	for _, name := range []string{
		headerPacketType, headerProtocols, headerSession, headerContentRange, headerContentName, headerEncoding,
	} {
		values := r.Header.Values(name)
		if len(values) > 1 && name != headerProtocols {
			return packet{}, invalid("the header " + name + " is there more than once")
		}
		for _, v := range values {
			if len(v) > maxHeaderValue {
				return packet{}, invalid("the header " + name + " is too long")
			}
		}
	}
	p := packet{length: contentLength(r), session: r.Header.Get(headerSession)}
	text := r.Header.Get(headerPacketType)
	for _, t := range packetTypes {
		if strings.EqualFold(text, string(t)) {
			p.kind = t
		}
	}
	switch {
	case p.kind == "":
		return p, invalid("the packet type is missing or unknown")
	case len(p.session) > maxSessionID:
		return p, invalid("the session id is too long")
	case p.session == "" && p.kind != createSession && p.kind != ping:
		return p, invalid("the session id is missing")
	case p.kind != fragment && p.length > 0:
		return p, invalid("only a Fragment has a body")
	case p.kind == createSession && !speaks(r.Header.Values(headerProtocols)):
		return p, invalid("the client names no protocol that this server speaks")
	}
	return p, nil
}

// contentLength is the length that the client announced, -1 when it did not.
func contentLength(r *http.Request) int64 {
	if r.ContentLength == 0 {
		if _, said := r.Header[headerContentLength]; !said {
			return -1
		}
	}
	return r.ContentLength
}

// speaks reports whether the protocol is among those a client supports: GUIDs between blanks or
// commas, in any case ([MC-BUP] 2.2.2).
func speaks(values []string) bool {
	read := 0
	for _, v := range values {
		for guid := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
			if read++; read > maxProtocols {
				return false
			}
			if strings.EqualFold(guid, Protocol) {
				return true
			}
		}
	}
	return false
}
