// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

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

// TestReplyGone: a reply that is gone with its session is had by sending the file again; one that is gone alone is an error.
func TestReplyGone(t *testing.T) {
	for _, forgotten := range []bool{true, false} {
		var s *testlab.Receiver
		s = startReceiver(t, testlab.ReceiverOptions{Reply: func(string, []byte) []byte { return []byte("r") }}, func(r *testlab.Received) *testlab.Reaction {
			if r.Method != "GET" || forgotten && r.N > 0 {
				return nil
			}
			if forgotten {
				s.Forget()
			}
			return &testlab.Reaction{Status: 404}
		})
		tr := transfer(s.URL + "/x")
		tr.Type = openbits.TypeUploadReply
		src := &testlab.MemSource{Content: content}
		err := newMover(t).Send(t.Context(), tr, src)
		if !forgotten {
			if openbits.KindOf(err) != openbits.KindHTTP(404) {
				t.Errorf("it ends with %v", err)
			}
			continue
		}
		if got, _ := src.Replied(); err != nil || string(got) != "r" {
			t.Errorf("the reply is %q, %v", got, err)
		}
		arrived(t, s, "/x", content)
	}
}
