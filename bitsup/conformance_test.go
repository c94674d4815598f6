// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"os"
	"strings"
	"testing"

	"github.com/openbits/openbits/bitsup"
)

// row is a packet, sent as bytes, and the answer that it must get.
type row struct {
	spec   string // section of [MC-BUP] unless it names another source
	name   string
	given  string // state of the session before, see prepare
	with   func(*bitsup.Options)
	send   string // lines; {S} is the session's id; the file is /a, of ten bytes
	status int
	head   string // lines NAME: VALUE that the answer must have, or -NAME that it must not have
	then   string // what /a holds afterwards; "" for no such file
}

// Beginnings of packets.
const (
	toA          = "BITS_POST /a HTTP/1.1\nHost: h\n"
	create       = toA + "BITS-Packet-Type: Create-Session\n"
	speaking     = "BITS-Supported-Protocols: {7df0354d-249b-430f-820d-3d2a9bef4931}\n"
	nothing      = "Content-Length: 0\n\n"
	pinging      = toA + "BITS-Packet-Type: Ping\n"
	sending      = toA + "BITS-Packet-Type: Fragment\nBITS-Session-Id: {S}\n"
	closing      = toA + "BITS-Packet-Type: Close-Session\nBITS-Session-Id: {S}\n"
	cancelling   = toA + "BITS-Packet-Type: Cancel-Session\nBITS-Session-Id: {S}\n"
	five         = "Content-Length: 5\n\nabcde"
	acknowledged = "BITS-Packet-Type: Ack\nContent-Length: 0\n-BITS-Error-Code\n-BITS-Error\n-BITS-Error-Context"
	badArgument  = "BITS-Packet-Type: Ack\nContent-Length: 0\nBITS-Error-Code: 0x80070057\nBITS-Error: 0x80070057\nBITS-Error-Context: 0x5"
	denied       = "BITS-Packet-Type: Ack\nContent-Length: 0\nBITS-Error-Code: 0x80070005\nBITS-Error: 0x80070005\nBITS-Error-Context: 0x5"
	unknown      = "BITS-Packet-Type: Ack\nContent-Length: 0\nBITS-Error-Code: 0x8020001F\nBITS-Error: 0x8020001F\nBITS-Error-Context: 0x5"
)

var rows = []row{
	// Headers.
	{spec: "2.2.1", name: "the wire's spelling", send: create + speaking + nothing, status: 200, head: acknowledged},
	{spec: "2.2.1", name: "the specification's spelling", send: strings.Replace(create, "Create-Session", "CREATE-SESSION", 1) + speaking + nothing, status: 200, head: acknowledged},
	{spec: "2.2.1", name: "small letters", send: strings.ToLower(strings.Replace(create, "BITS_POST /a HTTP/1.1\n", "", 1)), status: 400},
	{spec: "2.2.1", name: "no packet type", send: toA + speaking + nothing, status: 400, head: badArgument},
	{spec: "2.2.1", name: "a packet type that does not exist", send: toA + "BITS-Packet-Type: Append\n" + speaking + nothing, status: 400, head: badArgument},
	{spec: "2.2.1", name: "an Ack from a client", send: toA + "BITS-Packet-Type: Ack\n" + nothing, status: 400, head: badArgument},
	{spec: "2.2.1", name: "two packet types", send: create + "BITS-Packet-Type: Ping\n" + speaking + nothing, status: 400, head: badArgument},
	{spec: "2.2", name: "a header over 4 KiB", send: create + speaking + "Content-Name: " + strings.Repeat("x", 4097) + "\n" + nothing, status: 400, head: badArgument},
	{spec: "2.2", name: "a header of 4 KiB", send: create + speaking + "Content-Name: " + strings.Repeat("x", 4096) + "\n" + nothing, status: 200},
	{spec: "2.2", name: "unknown headers", send: create + speaking + "BITS-Future: yes\nX-Other: " + strings.Repeat("y", 5000) + "\n" + nothing, status: 200},
	{spec: "2.2.1", name: "another method", send: "POST /a HTTP/1.1\nHost: h\nBITS-Packet-Type: Ping\n" + nothing, status: 405, head: "Allow: BITS_POST"},
	{spec: "RFC 9112 3.2.2", name: "a target in absolute form", send: strings.Replace(create, "/a", "http://h/a", 1) + speaking + nothing, status: 200, head: acknowledged},

	// Create-Session.
	{
		spec: "2.2.2", name: "the answer to Create-Session", send: create + speaking + nothing, status: 200,
		head: "BITS-Protocol: {7df0354d-249b-430f-820d-3d2a9bef4931}\nAccept-Encoding: identity\n-BITS-Host-Id\n-BITS-Host-Id-Fallback-Timeout\n-BITS-Received-Content-Range\n-BITS-Reply-URL\nPragma: no-cache\nCache-Control: no-store",
	},
	{spec: "2.2.2", name: "no protocols", send: create + nothing, status: 400, head: badArgument},
	{spec: "2.2.2", name: "no protocol in common", send: create + "BITS-Supported-Protocols: {00000000-249b-430f-820d-3d2a9bef4931}\n" + nothing, status: 400, head: badArgument},
	{spec: "2.2.2", name: "protocols between commas, in capitals", send: create + "BITS-Supported-Protocols: {00000000-249B-430F-820D-3D2A9BEF4931},{7DF0354D-249B-430F-820D-3D2A9BEF4931}\n" + nothing, status: 200, head: "BITS-Protocol: {7df0354d-249b-430f-820d-3d2a9bef4931}"},
	{spec: "2.2.2", name: "protocols between blanks", send: create + "BITS-Supported-Protocols: {x} {7df0354d-249b-430f-820d-3d2a9bef4931}\n" + nothing, status: 200},
	{spec: "2.2.2", name: "protocols in two headers", send: create + "BITS-Supported-Protocols: {x}\n" + speaking + nothing, status: 200},
	{spec: "2.2.2", name: "the protocol behind a hundred others", send: create + "BITS-Supported-Protocols: " + strings.Repeat("{x} ", 100) + bitsup.Protocol + "\n" + nothing, status: 400, head: badArgument},
	{spec: "2.2.2", name: "Create-Session with a body", send: create + speaking + five, status: 400, head: badArgument},
	{spec: "2.2.2", name: "Create-Session with an unknown session id, which is not its concern", send: create + speaking + "BITS-Session-Id: {1}\n" + nothing, status: 200},
	{
		spec: "2.2.3", name: "a host id", with: func(o *bitsup.Options) { o.HostID, o.HostIDFallback = "node7.example", 110e9 },
		send: create + speaking + nothing, status: 200, head: "BITS-Host-Id: node7.example\nBITS-Host-Id-Fallback-Timeout: 110",
	},
	{
		spec: "2.2.3", name: "a host id without fallback", with: func(o *bitsup.Options) { o.HostID = "192.0.2.7" },
		send: create + speaking + nothing, status: 200, head: "BITS-Host-Id: 192.0.2.7\n-BITS-Host-Id-Fallback-Timeout",
	},
	{spec: "3.2.5.1", name: "the file exists", given: "file", send: create + speaking + nothing, status: 403, head: denied, then: "was here"},
	{spec: "3.2.5.1", name: "the file exists and may be replaced", given: "file", with: overwriting, send: create + speaking + nothing, status: 200, then: "was here"},
	{spec: "3.2.5.1", name: "the target is a folder", given: "folder", send: create + speaking + nothing, status: 400, head: badArgument},
	{spec: "3.2.5.1", name: "the target is the root", send: strings.Replace(create, "/a", "/", 1) + speaking + nothing, status: 400, head: badArgument},
	{spec: "3.2.5.1", name: "the folder does not exist", send: strings.Replace(create, "/a", "/b/a", 1) + speaking + nothing, status: 404, head: "BITS-Error-Code: 0x80070003\nBITS-Error: 0x80070003\nBITS-Error-Context: 0x5"},
	{spec: "3.2.5.1", name: "the folder is a file", given: "file", send: strings.Replace(create, "/a", "/a/b", 1) + speaking + nothing, status: 404, head: "BITS-Error-Code: 0x80070003", then: "was here"},
	{spec: "3.2.5.1", name: "the folder can be made", with: func(o *bitsup.Options) { o.MakeFolders = true }, send: strings.Replace(create, "/a", "/b/c/a", 1) + speaking + nothing, status: 200},

	// Common checks, in their order.
	{spec: "3.2.5.2.3", name: "no Content-Length in Create-Session", send: create + speaking + "\n", status: 411, head: badArgument},
	{spec: "3.2.5.2.3", name: "no Content-Length in Ping", send: pinging + "\n", status: 411, head: badArgument},
	{spec: "3.2.5.2.3", name: "no Content-Length in Close-Session", given: "half", send: closing + "\n", status: 411, head: badArgument},
	{spec: "3.2.5.2.3", name: "a Fragment in chunks", given: "half", send: sending + "Content-Range: bytes 5-9/10\nTransfer-Encoding: chunked\n\n5\nabcde\n0\n\n", status: 411, head: badArgument},
	{spec: "3.2.5.2.3", name: "form before right", given: "file", send: create + nothing, status: 400, head: badArgument, then: "was here"},
	{spec: "3.2.5.2.3", name: "right before length", send: strings.Replace(create, "/a", "/.a", 1) + speaking + "\n", status: 403, head: denied},
	{spec: "3.2.5.2.3", name: "length before session", send: strings.ReplaceAll(closing, "{S}", "{1}") + "\n", status: 411, head: badArgument},
	{spec: "3.2.5.2.3", name: "session before range", send: strings.ReplaceAll(sending, "{S}", "{1}") + "Content-Range: bytes 9-5/10\n" + five, status: 500, head: unknown},
	{spec: "3.2.5.2.3", name: "Fragment of an unknown session", send: strings.ReplaceAll(sending, "{S}", "{1}") + "Content-Range: bytes 0-4/10\n" + five, status: 500, head: unknown + "\n-BITS-Received-Content-Range"},
	{spec: "3.2.5.2.3", name: "Close-Session of an unknown session", send: strings.ReplaceAll(closing, "{S}", "{1}") + nothing, status: 500, head: unknown},
	{spec: "3.2.5.2.3", name: "Cancel-Session of an unknown session", send: strings.ReplaceAll(cancelling, "{S}", "{1}") + nothing, status: 500, head: unknown},
	{spec: "3.2.5.2.3", name: "no session id", send: toA + "BITS-Packet-Type: Fragment\nContent-Range: bytes 0-4/10\n" + five, status: 400, head: badArgument},
	{spec: "3.2.5.2.3", name: "an empty session id", send: toA + "BITS-Packet-Type: Close-Session\nBITS-Session-Id:\n" + nothing, status: 400, head: badArgument},
	{spec: "Create-Session (docs)", name: "a session id over 100 characters", send: strings.ReplaceAll(closing, "{S}", strings.Repeat("1", 101)) + nothing, status: 400, head: badArgument},
	{spec: "2.2.4", name: "two session ids", given: "half", send: closing + "BITS-Session-Id: {1}\n" + nothing, status: 400, head: badArgument},
	{spec: "2.2.4", name: "the session of another file", given: "half", send: strings.Replace(sending, "/a", "/b", 1) + "Content-Range: bytes 5-9/10\n" + five, status: 500, head: unknown},

	// Ping.
	{spec: "2.2.6", name: "Ping without a session", send: pinging + nothing, status: 200, head: acknowledged + "\n-BITS-Session-Id"},
	{spec: "2.2.6", name: "Ping with a session", given: "half", send: pinging + "BITS-Session-Id: {S}\n" + nothing, status: 200, head: acknowledged},
	{spec: "2.2.6", name: "Ping with an unknown session", send: pinging + "BITS-Session-Id: {1}\n" + nothing, status: 200, head: acknowledged},
	{spec: "2.2.6", name: "Ping with a body", send: pinging + five, status: 400, head: badArgument},

	// Fragment.
	{spec: "2.2.5", name: "the first", given: "created", send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 200, head: acknowledged + "\nBITS-Session-Id: {S}\nBITS-Received-Content-Range: 5\n-BITS-Reply-URL"},
	{spec: "2.2.5", name: "the last", given: "half", send: sending + "Content-Range: bytes 5-9/10\n" + five, status: 200, head: acknowledged + "\nBITS-Received-Content-Range: 10\n-BITS-Reply-URL", then: "01234abcde"},
	{spec: "2.2.5", name: "the only one", given: "created", send: sending + "Content-Range: bytes 0-4/5\n" + five, status: 200, head: "BITS-Received-Content-Range: 5", then: "abcde"},
	{spec: "2.2.5", name: "Content-Name is not looked at", given: "created", send: sending + "Content-Name: ../../etc/passwd\nContent-Range: bytes 0-4/5\n" + five, status: 200, then: "abcde"},
	{spec: "2.2.5", name: "the unit in capitals", given: "created", send: sending + "Content-Range: Bytes 0-4/10\n" + five, status: 200, head: "BITS-Received-Content-Range: 5"},
	{spec: "2.2.4", name: "the session id without braces, in small letters", given: "lower", send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 200, head: "BITS-Received-Content-Range: 5"},
	{spec: "2.2.5", name: "no range", given: "half", send: sending + five, status: 400, head: badArgument + "\nBITS-Session-Id: {S}"},
	{spec: "2.2.5", name: "two ranges", given: "half", send: sending + "Content-Range: bytes 5-9/10\nContent-Range: bytes 5-9/10\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "no numbers", given: "half", send: sending + "Content-Range: bytes a-b/c\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "another unit", given: "half", send: sending + "Content-Range: lines 5-9/10\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "an unknown total", given: "half", send: sending + "Content-Range: bytes 5-9/*\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "a negative first", given: "half", send: sending + "Content-Range: bytes -5-9/10\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "numbers beyond 64 bits", given: "half", send: sending + "Content-Range: bytes 5-9/99999999999999999999\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "a request for a range", given: "half", send: sending + "Content-Range: bytes=5-9/10\n" + five, status: 400, head: badArgument},
	{spec: "3.2.5.2.3", name: "last before first", given: "half", send: sending + "Content-Range: bytes 9-5/10\n" + five, status: 400, head: badArgument},
	{spec: "3.2.5.2.3", name: "last at the total", given: "half", send: sending + "Content-Range: bytes 6-10/10\n" + five, status: 400, head: badArgument},
	{spec: "3.2.5.2.3", name: "a body shorter than the range", given: "half", send: sending + "Content-Range: bytes 5-9/10\nContent-Length: 4\n\nabcd", status: 400, head: badArgument},
	{spec: "3.2.5.2.3", name: "a body longer than the range", given: "half", send: sending + "Content-Range: bytes 5-8/10\n" + five, status: 400, head: badArgument},
	{spec: "3.2.5.2.3", name: "another total than before", given: "half", send: sending + "Content-Range: bytes 5-9/11\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "an encoding", given: "half", send: sending + "Content-Encoding: gzip\nContent-Range: bytes 5-9/10\n" + five, status: 400, head: badArgument},
	{spec: "2.2.5", name: "the identity encoding", given: "half", send: sending + "Content-Encoding: Identity\nContent-Range: bytes 5-9/10\n" + five, status: 200, then: "01234abcde"},
	{spec: "3.2.5.2.3", name: "a gap", given: "created", send: sending + "Content-Range: bytes 5-9/10\n" + five, status: 416, head: "BITS-Received-Content-Range: 0\nBITS-Error-Code: 0x0\nBITS-Error-Context: 0x5\nBITS-Session-Id: {S}"},
	{spec: "3.2.5.2.3", name: "a gap in the middle", given: "half", send: sending + "Content-Range: bytes 6-9/10\nContent-Length: 4\n\nabcd", status: 416, head: "BITS-Received-Content-Range: 5"},
	{spec: "3.2.5.2.3", name: "a fragment that is there", given: "half", send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 416, head: "BITS-Received-Content-Range: 5\nBITS-Error-Code: 0x0"},
	{spec: "Fragment (docs)", name: "an overlap: only the tail is stored", given: "half", send: sending + "Content-Range: bytes 3-9/10\nContent-Length: 7\n\nxxabcde", status: 200, head: "BITS-Received-Content-Range: 10", then: "01234abcde"},
	{spec: "3.2.5.2.3", name: "an overlap with the whole file", given: "half", send: sending + "Content-Range: bytes 0-9/10\nContent-Length: 10\n\nxxxxxabcde", status: 200, head: "BITS-Received-Content-Range: 10", then: "01234abcde"},
	{spec: "3.2.5.2.3", name: "the last one again", given: "whole", send: sending + "Content-Range: bytes 5-9/10\n" + five, status: 200, head: acknowledged + "\nBITS-Received-Content-Range: 10", then: "0123456789"},
	{spec: "3.2.5.2.3", name: "an earlier one of a whole file", given: "whole", send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 200, head: "BITS-Received-Content-Range: 10", then: "0123456789"},
	{spec: "3.2.5.2.3", name: "the last one after Close-Session", given: "closed", send: sending + "Content-Range: bytes 5-9/10\n" + five, status: 200, head: "BITS-Received-Content-Range: 10", then: "0123456789"},
	{spec: "3.2.5.2.3", name: "after Cancel-Session", given: "cancelled", send: sending + "Content-Range: bytes 5-9/10\n" + five, status: 500, head: unknown},
	{spec: "docs 413", name: "a fragment over the cap", given: "created", with: func(o *bitsup.Options) { o.MaxFragment = 5120 }, send: sending + "Content-Range: bytes 0-5120/9999\nContent-Length: 5121\n\n" + strings.Repeat("x", 5121), status: 413, head: "BITS-Packet-Type: Ack\n-BITS-Error-Code\nBITS-Error-Context: 0x5"},
	{spec: "docs 413", name: "a fragment at the cap", given: "created", with: func(o *bitsup.Options) { o.MaxFragment = 5120 }, send: sending + "Content-Range: bytes 0-5119/9999\nContent-Length: 5120\n\n" + strings.Repeat("x", 5120), status: 200, head: "BITS-Received-Content-Range: 5120"},
	{spec: "3.2.5.2.3", name: "a file over the maximum", given: "created", with: func(o *bitsup.Options) { o.MaxSize = 9 }, send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 500, head: "BITS-Error-Code: 0x80200020\nBITS-Error: 0x80200020\nBITS-Error-Context: 0x5"},
	{spec: "docs", name: "a file over the quota", given: "created", with: func(o *bitsup.Options) { o.Quota = 9 }, send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 500, head: "BITS-Error-Code: 0x80070070\nBITS-Error-Context: 0x5"},
	{spec: "docs", name: "a file over the client's quota", given: "created", with: func(o *bitsup.Options) { o.UserQuota = 9 }, send: sending + "Content-Range: bytes 0-4/10\n" + five, status: 500, head: "BITS-Error-Code: 0x80070070\nBITS-Error-Context: 0x5"},
	{spec: "openbits", name: "an empty file", given: "created", send: sending + "Content-Range: bytes */0\n" + nothing, status: 200, head: acknowledged + "\nBITS-Received-Content-Range: 0", then: "EMPTY"},
	{spec: "openbits", name: "an empty range of a file that is not", given: "created", send: sending + "Content-Range: bytes */10\n" + nothing, status: 400, head: badArgument},
	{spec: "RFC 9110 10.1.1", name: "a client that waits for 100 Continue and is refused", given: "half", send: sending + "Expect: 100-continue\nContent-Range: bytes 6-9/10\nContent-Length: 4\n\n", status: 416, head: "BITS-Received-Content-Range: 5\nConnection: close"},

	// Close-Session.
	{spec: "3.2.5.4", name: "Close-Session", given: "whole", send: closing + nothing, status: 200, head: acknowledged + "\nBITS-Session-Id: {S}", then: "0123456789"},
	{spec: "3.2.5.4", name: "Close-Session again", given: "closed", send: closing + nothing, status: 200, head: acknowledged, then: "0123456789"},
	{spec: "3.2.5.4", name: "Close-Session with a body", given: "whole", send: closing + five, status: 400, head: badArgument, then: "0123456789"},
	{spec: "Close-Session (docs)", name: "Close-Session of a part", given: "half", send: closing + nothing, status: 200, head: acknowledged},
	{spec: "Close-Session (docs)", name: "Close-Session of nothing", given: "created", send: closing + nothing, status: 200, head: acknowledged},
	{spec: "openbits", name: "Close-Session of nothing that is an empty file", given: "created", with: func(o *bitsup.Options) { o.EmptyFiles = true }, send: closing + nothing, status: 200, head: acknowledged, then: "EMPTY"},
	{spec: "3.2.5.4", name: "Close-Session when what was received is gone", given: "vanished", send: closing + nothing, status: 404, head: "BITS-Error-Code: 0x80070002\nBITS-Error-Context: 0x5"},
	{spec: "openbits", name: "Close-Session when the published file was taken away", given: "taken", send: closing + nothing, status: 200, head: acknowledged},
	{spec: "3.2.5.4", name: "Close-Session after Cancel-Session", given: "cancelled", send: closing + nothing, status: 200, head: acknowledged},

	// Cancel-Session.
	{spec: "3.2.5.5", name: "Cancel-Session of a part", given: "half", send: cancelling + nothing, status: 200, head: acknowledged + "\nBITS-Session-Id: {S}"},
	{spec: "3.2.5.5", name: "Cancel-Session of nothing", given: "created", send: cancelling + nothing, status: 200, head: acknowledged},
	{spec: "3.2.5.5", name: "Cancel-Session again", given: "cancelled", send: cancelling + nothing, status: 200, head: acknowledged},
	{spec: "Cancel-Session (docs)", name: "Cancel-Session does not undo the last fragment", given: "whole", send: cancelling + nothing, status: 200, head: acknowledged, then: "0123456789"},
	{spec: "3.2.5.5", name: "Cancel-Session after Close-Session", given: "closed", send: cancelling + nothing, status: 200, head: acknowledged, then: "0123456789"},
	{spec: "3.2.5.5", name: "Cancel-Session with a body", given: "half", send: cancelling + five, status: 400, head: badArgument},
}

func overwriting(o *bitsup.Options) { o.Overwrite = true }

// prepare brings a session into a state, and answers its id.
func prepare(t *testing.T, s *site, w *wire, given string) string {
	t.Helper()
	switch given {
	case "":
		return ""
	case "file":
		if err := os.WriteFile(s.path("a"), []byte("was here"), 0o600); err != nil {
			t.Fatal(err)
		}
		return ""
	case "folder":
		if err := os.Mkdir(s.path("a"), 0o700); err != nil {
			t.Fatal(err)
		}
		return ""
	}
	id := w.create("/a")
	if given == "lower" {
		return strings.ToLower(strings.Trim(id, "{}"))
	}
	if given != "created" {
		w.fragment("/a", id, 0, 10, "01234").want(t, 200, 5)
	}
	switch given {
	case "whole", "closed", "taken":
		w.fragment("/a", id, 5, 10, "56789").want(t, 200, 10)
	case "cancelled":
		w.cancel("/a", id).want(t, 200)
	case "vanished":
		s.deleteStaged(".data")
	}
	switch given {
	case "closed":
		w.close("/a", id).want(t, 200)
	case "taken":
		if err := os.Remove(s.path("a")); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// TestConformance holds the server to the protocol, packet by packet; and again with a restart before the packet, since
// sessions outlive the server.
func TestConformance(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		for _, r := range rows {
			name := strings.ReplaceAll(r.spec+" "+r.name, "/", " ")
			if restarted {
				if r.given == "" || r.given == "created" || r.given == "lower" || r.given == "file" || r.given == "folder" {
					continue // a session that received nothing is not kept
				}
				name += " after a restart"
			}
			t.Run(name, func(t *testing.T) { conforms(t, r, restarted) })
		}
	}
}

func conforms(t *testing.T, r row, restarted bool) {
	var o bitsup.Options
	if r.with != nil {
		r.with(&o)
	}
	s := newSite(t, o)
	w := s.dial()
	id := prepare(t, s, w, r.given)
	if restarted {
		s.restart()
		w = s.dial()
	}
	text := strings.ReplaceAll(strings.ReplaceAll(r.send, "{S}", id), "\n", "\r\n")
	g := w.send(text).want(t, r.status)
	if g.body != "" && r.status != 405 && g.headers.Get("BITS-Packet-Type") != "" {
		t.Errorf("the answer has a body: %q", g.body)
	}
	for line := range strings.Lines(strings.ReplaceAll(r.head, "{S}", strings.ToUpper("{"+strings.Trim(id, "{}")+"}"))) {
		checkHeader(t, g, strings.TrimSpace(line))
	}
	switch r.then {
	case "":
		if r.given != "folder" && r.given != "file" {
			s.absent("a")
		}
	case "EMPTY":
		s.is("a", "")
	default:
		s.is("a", r.then)
	}
	if r.status != 400 || g.headers.Get("BITS-Packet-Type") != "" {
		again(t, s, w, g)
	}
}

// again checks that the connection goes on, unless the server said otherwise.
func again(t *testing.T, s *site, w *wire, g got) {
	t.Helper()
	if strings.Contains(g.head, "Connection: close\r\n") {
		w = s.dial()
	}
	w.send(request("/other", "", "BITS-Packet-Type: Ping", "Content-Length: 0")).want(t, 200)
}

// checkHeader checks a line NAME: VALUE, spelled exactly so, or -NAME.
func checkHeader(t *testing.T, g got, line string) {
	t.Helper()
	if name, ok := strings.CutPrefix(line, "-"); ok {
		if values := g.headers.Values(name); len(values) > 0 {
			t.Errorf("the answer has %s: %q", name, values)
		}
		return
	}
	if line != "" && !strings.Contains("\r\n"+g.head, "\r\n"+line+"\r\n") {
		t.Errorf("the answer lacks %q:\n%s", line, g.head)
	}
}
