// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

// TestResume: an attempt that ended goes on where the server says it is, after a Ping.
func TestResume(t *testing.T) {
	for name, c := range map[string]struct {
		end  testlab.Reaction // of the second fragment
		skew int64            // what is remembered of what was acknowledged: less, or more
	}{
		"cut":                             {testlab.Reaction{Cut: 1}, 0},
		"acknowledgement lost":            {testlab.Reaction{Drop: true}, 0},
		"remembered less than the server": {testlab.Reaction{Drop: true}, -100_000},
		"remembered more than the server": {testlab.Reaction{Status: 503}, 60_000},
	} {
		t.Run(name, func(t *testing.T) {
			var healed atomic.Bool
			s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
				switch {
				case healed.Load() || r.Packet == packetCreate:
					return nil
				case r.Packet == packetFragment && r.N == 1:
					return &c.end
				case r.N >= 1 || r.Packet == packetPing:
					return &testlab.Reaction{Status: 503} // and stays in trouble for a while
				}
				return nil
			})
			src := &testlab.MemSource{Content: content}
			if err := send(t, s.URL+"/x", src); err == nil {
				t.Fatal("the attempt did not end")
			}
			healed.Store(true)
			src.Resume(src.Session(), max(0, src.Acknowledged()+c.skew))
			before := len(s.Requests())
			if err := send(t, s.URL+"/x", src); err != nil {
				t.Fatal(err)
			}
			arrived(t, s, "/x", content)
			rest := packets(s)[before:]
			if rest[0] != packetPing || rest[1] != packetFragment || slices.Contains(rest, packetCreate) {
				t.Errorf("the resumed attempt sends %v", rest[:2])
			}
			if r := s.Requests()[before+1]; r.Length > minFragment {
				t.Errorf("the first fragment of a resumed attempt has %d bytes", r.Length)
			}
			var again int64
			for _, r := range s.Requests()[before:] {
				again += r.Bytes
			}
			if most := content.Size - startFragment + minFragment; again > most {
				t.Errorf("%d bytes were sent by the resumed attempt, of %d that were left at most", again, most)
			}
		})
	}
}

// TestCloseTwice: a Close-Session whose answer was lost is repeated, and a session that is gone then has been closed.
func TestCloseTwice(t *testing.T) {
	for _, forgets := range []bool{false, true} {
		s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.Packet == packetClose && r.N <= 1 { // the second is the one that takes another connection
				return &testlab.Reaction{Drop: true}
			}
			return nil
		})
		src := &testlab.MemSource{Content: content}
		first := send(t, s.URL+"/x", src)
		if openbits.KindOf(first) != openbits.KindConnectionClosed {
			t.Fatalf("the first attempt: %v", first)
		}
		if forgets {
			s.Forget()
		}
		if err := send(t, s.URL+"/x", src); err != nil {
			t.Fatal(err)
		}
		if _, times := s.Object("/x"); times != 1 || s.Bytes() != content.Size {
			t.Errorf("the object was made %d times with %d bytes", times, s.Bytes())
		}
	}
}

// TestCloseForgotten: a server without a memory of closed sessions answers the repeated Close-Session of one that it closed.
func TestCloseForgotten(t *testing.T) {
	var s *testlab.Receiver
	s = startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		switch {
		case r.Packet == packetClose && r.N == 0:
			return &testlab.Reaction{Drop: true}
		case r.Packet == packetClose:
			s.Forget()
		}
		return nil
	})
	if err := send(t, s.URL+"/x", &testlab.MemSource{Content: content}); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
	if s.Bytes() != content.Size {
		t.Errorf("%d bytes were sent for %d", s.Bytes(), content.Size)
	}
}

// TestForgetful: a server that forgets each session is given up, for a while.
func TestForgetful(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == packetFragment {
			a := coded(500, "0x8020001F")
			return &a
		}
		return nil
	})
	err := send(t, s.URL+"/x", &testlab.MemSource{Content: content})
	if openbits.KindOf(err) != openbits.KindSessionNotFound {
		t.Errorf("it ends with %v", err)
	}
	if n := len(s.Requests()); n != 2*(maxSessions+1) {
		t.Errorf("%d packets were sent", n)
	}
}

// TestStandstill: a server that acknowledges nothing new is left after a few fragments.
func TestStandstill(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == packetFragment {
			a := as(coded(416, "0x0"), "BITS-Received-Content-Range", "0")
			return &a
		}
		return nil
	})
	err := send(t, s.URL+"/x", &testlab.MemSource{Content: content})
	if openbits.KindOf(err) != openbits.KindInvalidServerResponse {
		t.Errorf("it ends with %v", err)
	}
}

// TestTooLargeFragments: 413 shrinks fragments down to 5 KiB, and what was learnt is kept.
func TestTooLargeFragments(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{MaxFragment: 20_000}, nil)
	src := &testlab.MemSource{Content: content}
	if err := send(t, s.URL+"/x", src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
	if n := loadSession(src.Saves()[1]).Cap; n < 10_000 || n > 65_536 {
		t.Errorf("the saved limit is %d", n)
	}
	s = startReceiver(t, testlab.ReceiverOptions{MaxFragment: 5000}, nil)
	if err := send(t, s.URL+"/x", &testlab.MemSource{Content: content}); openbits.KindOf(err) != openbits.KindTooLarge && openbits.KindOf(err) != openbits.KindHTTP(413) {
		t.Errorf("fragments of 5 KiB are refused: %v", err)
	}
}

// TestHostID: packets go to the host that the server names, credentials stay, and the URL's host is used again when that is gone for too long.
func TestHostID(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{HostID: "localhost", Fallback: "110"}, nil)
	src := &testlab.MemSource{Content: content}
	tr := transfer(strings.Replace(s.URL, "http://", "http://u:p@", 1) + "/x")
	tr.Route = &openbits.Route{Headers: []openbits.Header{{Name: "X-Token", Value: "secret"}}}
	m := newMover(t)
	if err := m.Send(t.Context(), tr, src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
	for i, r := range s.Requests() {
		own := r.Header.Get("X-Token") != "" && r.Header.Get("Authorization") != ""
		if i == 0 != own || i > 0 && !strings.HasPrefix(r.Host, "localhost:") || i == 1 && r.Packet != packetPing {
			t.Errorf("%d: %s at %s, with what belongs to the URL's own origin: %v", i, r.Packet, r.Host, own)
		}
	}

	s = startReceiver(t, testlab.ReceiverOptions{HostID: "127.0.0.1:1", Fallback: "110"}, nil)
	src = &testlab.MemSource{Content: content}
	m = newMover(t)
	now := time.Unix(1_000_000, 0)
	m.now = func() time.Time { return now }
	for _, late := range []time.Duration{0, 109 * time.Second} {
		now = time.Unix(1_000_000, 0).Add(late)
		if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); openbits.KindOf(err) != openbits.KindConnectFailure {
			t.Fatalf("after %v: %v", late, err)
		}
	}
	now = now.Add(time.Second)
	if err := m.Send(t.Context(), transfer(s.URL+"/x"), src); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "/x", content)
}

// TestReply: the reply is fetched before the session is closed, wherever the server says it is.
func TestReply(t *testing.T) {
	for name, url := range map[string]func(origin, id string) string{
		"absolute":      nil,
		"as IIS says":   func(_, id string) string { return `..\BITS-Sessions\Replies\` + id },
		"from the root": func(_, id string) string { return "/replies/" + id },
		"escaped":       func(origin, id string) string { return origin + "/r/%7B" + strings.Trim(id, "{}") + "%7D" },
	} {
		s := startReceiver(t, testlab.ReceiverOptions{
			Reply:    func(_ string, c []byte) []byte { return c[:10] },
			ReplyURL: url,
		}, nil)
		src := &testlab.MemSource{Content: content}
		tr := transfer(s.URL + "/in/x")
		tr.Type = openbits.TypeUploadReply
		if err := newMover(t).Send(t.Context(), tr, src); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		arrived(t, s, "/in/x", content)
		want := make([]byte, 10)
		_, _ = content.ReadAt(want, 0)
		if got, from := src.Replied(); string(got) != string(want) {
			t.Errorf("%s: the reply from %s is %q", name, from, got)
		}
	}
}

// TestReplyMissing: a server that names no reply is asked again, and then it is an error of the application.
func TestReplyMissing(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, nil)
	tr := transfer(s.URL + "/x")
	tr.Type = openbits.TypeUploadReply
	src := &testlab.MemSource{Content: content}
	if err := newMover(t).Send(t.Context(), tr, src); openbits.KindOf(err) != openbits.KindNoReply {
		t.Errorf("it ends with %v", err)
	}
	if s.Sessions() != 1 {
		t.Errorf("%d sessions are open", s.Sessions())
	}
}

// TestReplyLate: the reply is named when the last piece is sent once more.
func TestReplyLate(t *testing.T) {
	first := true
	s := startReceiver(t, testlab.ReceiverOptions{Reply: func(string, []byte) []byte { return []byte("r") }}, func(r *testlab.Received) *testlab.Reaction {
		if strings.HasSuffix(r.Header.Get("Content-Range"), "-699999/700000") && first {
			first = false
			return &testlab.Reaction{Drop: true}
		}
		return nil
	})
	tr := transfer(s.URL + "/x")
	tr.Type = openbits.TypeUploadReply
	src := &testlab.MemSource{Content: content}
	m := newMover(t)
	if err := m.Send(t.Context(), tr, src); err != nil {
		if err = m.Send(t.Context(), tr, src); err != nil {
			t.Fatal(err)
		}
	}
	arrived(t, s, "/x", content)
}

// TestAbandon: when a server counts as told.
func TestAbandon(t *testing.T) {
	saved := func(t *testing.T, s *testlab.Receiver) openbits.Session {
		src := &testlab.MemSource{Content: content, Hook: func(off int64) error {
			if off > 100_000 {
				return openbits.KindLocalFileChanged
			}
			return nil
		}}
		if err := send(t, s.URL+"/x", src); err != openbits.KindLocalFileChanged {
			t.Fatalf("an error of the source comes as %v", err)
		}
		return src.Session()
	}
	for _, c := range []struct {
		answer *testlab.Reaction
		told   bool
		open   int
	}{
		{nil, true, 0},
		{&testlab.Reaction{Status: 400}, true, 1},
		{&testlab.Reaction{Status: 404}, true, 1},
		{&testlab.Reaction{Status: 429}, false, 1},
		{&testlab.Reaction{Status: 500}, false, 1},
		{&testlab.Reaction{Status: 503}, false, 1},
		{func() *testlab.Reaction { a := coded(500, "0x8020001F"); return &a }(), true, 1},
		{&testlab.Reaction{Cut: 1}, false, 1},
	} {
		s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.Packet == packetCancel {
				return c.answer
			}
			return nil
		})
		err := newMover(t).Abandon(t.Context(), transfer(s.URL+"/x"), saved(t, s))
		if (err == nil) != c.told || s.Sessions() != c.open {
			t.Errorf("answered with %+v: %v, %d sessions open", c.answer, err, s.Sessions())
		}
	}
	if err := newMover(t).Abandon(t.Context(), transfer("http://127.0.0.1:1/x"), openbits.Session{Data: []byte("nonsense")}); err != nil {
		t.Errorf("a session that cannot be read: %v", err)
	}
}
