// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// coded is an answer of the protocol with a code.
func coded(status int, code string) testlab.Reaction {
	return testlab.Reaction{Status: status, Header: map[string]string{
		"BITS-Packet-Type": "Ack", "BITS-Error-Code": code, "BITS-Error-Context": "0x5",
	}}
}

// as adds a header to a reaction.
func as(r testlab.Reaction, name, value string) testlab.Reaction {
	header := map[string]string{name: value}
	for k, v := range r.Header {
		if k != name {
			header[k] = v
		}
	}
	r.Header = header
	return r
}

// TestAnswers: what the client makes of each answer to each packet. The first such packet gets the answer, later ones the usual.
func TestAnswers(t *testing.T) {
	const done = openbits.Kind("")
	status := openbits.KindHTTP
	plain := func(code int) testlab.Reaction { return testlab.Reaction{Status: code} }
	for _, c := range []struct {
		section string // of MC-BUP, or another source
		packet  string
		answer  testlab.Reaction
		want    openbits.Kind // done: the upload is completed all the same
	}{
		// Create-Session: what is not of the protocol says that the server does not speak it, unless it is about who asks, or when.
		{"2.2.4", packetCreate, plain(200), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(204), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(400), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(403), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(404), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(405), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(411), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(501), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, plain(505), openbits.KindProtocolMismatch},
		{"3.1.5.1", packetCreate, plain(401), status(401)},
		{"3.1.5.1", packetCreate, plain(407), status(407)},
		{"RFC 9110", packetCreate, plain(408), status(408)},
		{"RFC 4918", packetCreate, plain(423), status(423)},
		{"RFC 6585", packetCreate, plain(429), status(429)},
		{"RFC 6585", packetCreate, plain(511), openbits.KindCaptivePortal},
		{"3.1.5.1", packetCreate, plain(500), status(500)},
		{"3.1.5.1", packetCreate, plain(502), status(502)},
		{"3.1.5.1", packetCreate, plain(503), status(503)},
		{"RFC 9110", packetCreate, as(plain(302), "Location", "/elsewhere"), status(302)},
		{"RFC 9110", packetCreate, as(plain(307), "Location", "/elsewhere"), status(307)},
		{"2.2.2.13", packetCreate, coded(400, "0x80070057"), status(400)},
		{"2.2.2.13", packetCreate, coded(403, "0x80070005"), status(403)},
		{"W32", packetCreate, coded(404, "0x80070002"), status(404)},
		{"winerror.h", packetCreate, coded(404, "0x80070003"), openbits.KindRemoteFolderMissing},
		{"W32", packetCreate, coded(409, "0x80070050"), openbits.KindRemoteFileExists},
		{"W32", packetCreate, coded(501, "0x80070005"), status(501)},
		{"2.2.2.13", packetCreate, coded(400, "0x80200022"), openbits.KindProtocolMismatch},
		{"2.2.2.13", packetCreate, coded(400, "80200022"), openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Protocol": "{00000000-0000-0000-0000-000000000000}"}}, openbits.KindProtocolMismatch},
		{"2.2.4", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Session-Id": ""}}, openbits.KindInvalidServerResponse},
		{"2.2.4", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Session-Id": strings.Repeat("x", 257)}}, openbits.KindInvalidServerResponse},
		{"2.2.2.4", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Host-Id": "not a host/"}}, openbits.KindInvalidServerResponse},
		{"1.7", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Protocol": strings.ToUpper(version)}}, done},
		{"2.2.2.1", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Packet-Type": "ACK"}}, done},
		{"2.2.2.1", packetCreate, testlab.Reaction{Header: map[string]string{"BITS-Packet-Type": "ack"}}, done},
		{"RFC 9110", packetCreate, testlab.Reaction{Cut: 1}, openbits.KindConnectionClosed},
		{"3.1.6", packetCreate, testlab.Reaction{Drop: true}, openbits.KindConnectionClosed},

		// Fragment.
		{"3.1.5.3", packetFragment, coded(500, "0x8020001F"), done},
		{"3.1.5.3", packetFragment, coded(500, "8020001f"), done},
		{"2.2.2.13", packetFragment, testlab.Reaction{Status: 500, Header: map[string]string{"BITS-Packet-Type": "Ack", "BITS-Error": "0x8020001F"}}, done},
		{"2.2.2.13", packetFragment, testlab.Reaction{Status: 500, Header: map[string]string{"BITS-Error": "8020001f"}}, done},
		{"W32", packetFragment, coded(500, "0x80200020"), openbits.KindTooLarge},
		{"W32", packetFragment, coded(500, "0x80070070"), status(500)},
		{"3.2.5", packetFragment, coded(500, "0x80070112"), status(500)},
		{"3.3.6", packetFragment, as(coded(408, "0x80070112"), "BITS-Error-Context", "0x7"), status(408)},
		{"3.2.5", packetFragment, coded(400, "0x80070057"), status(400)},
		{"3.2.5", packetFragment, coded(403, "0x80070005"), status(403)},
		{"W32", packetFragment, plain(404), status(404)},
		{"W32", packetFragment, plain(401), status(401)},
		{"3.2.5", packetFragment, coded(411, "0x80070057"), status(411)},
		{"3.1.5.3", packetFragment, plain(413), done},
		{"3.1.5.3", packetFragment, coded(413, "0x80200020"), done},
		{"W32", packetFragment, coded(409, "0x80070050"), openbits.KindRemoteFileExists},
		{"tusd#1371", packetFragment, as(coded(409, "0x0"), "BITS-Received-Content-Range", "0"), done},
		{"2.2.8", packetFragment, as(coded(416, "0x0"), "BITS-Received-Content-Range", "0"), done},
		{"2.2.8", packetFragment, as(coded(416, "0x0"), "BITS-Received-Content-Range", "700001"), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, coded(416, "0x0"), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, plain(416), status(416)},
		{"2.2.8", packetFragment, as(coded(200, ""), "BITS-Received-Content-Range", "-1"), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, as(coded(200, ""), "BITS-Received-Content-Range", "0x10"), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, as(coded(200, ""), "BITS-Received-Content-Range", "99999999999999999999"), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, coded(200, ""), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, plain(200), openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, testlab.Reaction{Status: 200, Body: "<html>sign in</html>"}, openbits.KindInvalidServerResponse},
		{"2.2.8", packetFragment, testlab.Reaction{Header: map[string]string{"BITS-Session-Id": ""}}, done},
		{"RFC 9110", packetFragment, plain(501), status(501)},
		{"RFC 9110", packetFragment, plain(505), status(505)},
		{"RFC 9110", packetFragment, plain(503), status(503)},
		{"RFC 4918", packetFragment, plain(423), status(423)},
		{"RFC 9110", packetFragment, as(plain(301), "Location", "http://example.org/"), status(301)},
		{"3.1.6", packetFragment, testlab.Reaction{Cut: 1000}, done}, // on a connection that was kept: another is taken

		// Close-Session.
		{"3.1.5.4", packetClose, coded(500, "0x8020001F"), done},
		{"3.1.5.4", packetClose, coded(404, ""), status(404)},
		{"3.1.5.4", packetClose, coded(500, "0x80004005"), status(500)},
		{"3.1.5.4", packetClose, plain(200), openbits.KindInvalidServerResponse},
		{"3.1.5.4", packetClose, testlab.Reaction{Header: map[string]string{"BITS-Session-Id": ""}}, done},
		{"3.1.6", packetClose, testlab.Reaction{Drop: true}, done},
	} {
		s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.Packet == c.packet && r.N == 0 {
				return &c.answer
			}
			return nil
		})
		src := &testlab.MemSource{Content: content}
		err := send(t, s.URL+"/up.bin", src)
		if got := openbits.KindOf(err); got != c.want {
			t.Errorf("%s: %s answered with %+v: %v, want %q", c.section, c.packet, c.answer, err, c.want)
			continue
		}
		if c.want == done {
			if got, times := s.Object("/up.bin"); times != 1 || !content.Is(got) {
				t.Errorf("%s: %s answered with %+v: the object was made %d times, %d bytes", c.section, c.packet, c.answer, times, len(got))
			}
		} else if e := openbits.AsError(err); !strings.HasPrefix(e.Error(), "cannot send ") || strings.HasSuffix(e.Error(), ".") {
			t.Errorf("%s: not fit for people: %q", c.section, e.Error())
		}
	}
}

// TestContextOfErrors: an error of the application behind the server says so.
func TestContextOfErrors(t *testing.T) {
	for text, want := range map[string]openbits.Context{
		"0x7": openbits.ContextRemoteApplication, "7": openbits.ContextRemoteApplication, "0x00000007": openbits.ContextRemoteApplication,
		"0x5": openbits.ContextRemoteFile, "": openbits.ContextRemoteFile, "0x70": openbits.ContextRemoteFile,
	} {
		s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.Packet == packetFragment {
				a := as(coded(503, "0x80004005"), "BITS-Error-Context", text)
				return &a
			}
			return nil
		})
		if e := openbits.AsError(send(t, s.URL+"/x", &testlab.MemSource{Content: content})); e.Context != want {
			t.Errorf("the context %q is taken for %s, want %s", text, e.Context, want)
		}
	}
}
