// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package httpput_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
	"github.com/openbits/openbits/mover/httpput"
)

var content = testlab.Content{Seed: 4, Size: 3 << 20}

func startReceiver(t *testing.T, opt testlab.ReceiverOptions, hook func(*testlab.Received) *testlab.Reaction) *testlab.Receiver {
	t.Helper()
	s, err := testlab.StartReceiver(opt)
	if err != nil {
		t.Fatal(err)
	}
	s.Hook = hook
	t.Cleanup(s.Close)
	return s
}

func send(t *testing.T, tr openbits.Transfer, src *testlab.MemSource) error {
	t.Helper()
	m := httpput.New(httpput.Options{Timeouts: httpput.Timeouts{Header: 5 * time.Second, Idle: 5 * time.Second}})
	t.Cleanup(m.Reset)
	tr.Priority = openbits.PriorityForeground
	return m.Send(context.Background(), tr, src)
}

// TestAnswers: what each answer to a PUT means. Only what says that the file is stored is a success.
func TestAnswers(t *testing.T) {
	const done = openbits.Kind("")
	status := openbits.KindHTTP
	for _, c := range []struct {
		section string // of RFC 9110, or another source
		answer  testlab.Reaction
		want    openbits.Kind
	}{
		{"9.3.4", testlab.Reaction{Status: 200}, done},
		{"9.3.4", testlab.Reaction{Status: 201}, done},
		{"9.3.4", testlab.Reaction{Status: 204}, done},
		{"15.3.3", testlab.Reaction{Status: 202}, status(202)},
		{"15.3.4", testlab.Reaction{Status: 203}, status(203)},
		{"15.3.6", testlab.Reaction{Status: 205}, status(205)},
		{"15.3.7", testlab.Reaction{Status: 206}, status(206)},
		{"RFC 4918, 11.1", testlab.Reaction{Status: 207}, status(207)},
		{"15.4.2", testlab.Reaction{Status: 301, Header: map[string]string{"Location": "/other"}}, status(301)},
		{"15.4.3", testlab.Reaction{Status: 302, Header: map[string]string{"Location": "/other"}}, status(302)},
		{"15.4.4", testlab.Reaction{Status: 303, Header: map[string]string{"Location": "/other"}}, status(303)},
		{"15.4.8", testlab.Reaction{Status: 307, Header: map[string]string{"Location": "/x"}}, done},
		{"15.4.9", testlab.Reaction{Status: 308, Header: map[string]string{"Location": "/x"}}, done},
		{"15.4.8", testlab.Reaction{Status: 307, Header: map[string]string{"Location": "ftp://h/x"}}, openbits.KindRedirectRefused},
		{"15.4.8", testlab.Reaction{Status: 307}, openbits.KindInvalidServerResponse},
		{"15.5.1", testlab.Reaction{Status: 400}, status(400)},
		{"15.5.2", testlab.Reaction{Status: 401}, status(401)},
		{"15.5.4", testlab.Reaction{Status: 403}, status(403)},
		{"15.5.5", testlab.Reaction{Status: 404}, status(404)},
		{"15.5.6", testlab.Reaction{Status: 405}, status(405)},
		{"15.5.8", testlab.Reaction{Status: 407}, status(407)},
		{"15.5.9", testlab.Reaction{Status: 408}, status(408)},
		{"RFC 4918, 9.7.1", testlab.Reaction{Status: 409}, openbits.KindRemoteFolderMissing},
		{"15.5.14", testlab.Reaction{Status: 413, Unread: true}, openbits.KindTooLarge},
		{"15.5.18", testlab.Reaction{Status: 417, Unread: true}, done},
		{"RFC 4918, 11.3", testlab.Reaction{Status: 423}, status(423)},
		{"RFC 6585", testlab.Reaction{Status: 429}, status(429)},
		{"RFC 6585", testlab.Reaction{Status: 511}, openbits.KindCaptivePortal},
		{"15.6.1", testlab.Reaction{Status: 500}, status(500)},
		{"15.6.2", testlab.Reaction{Status: 501}, status(501)},
		{"15.6.4", testlab.Reaction{Status: 503}, status(503)},
		{"RFC 4918, 11.5", testlab.Reaction{Status: 507}, status(507)},
		{"9.3.4", testlab.Reaction{Status: 201, Unread: true}, openbits.KindInvalidServerResponse}, // before the file was sent
		{"9.3.4", testlab.Reaction{Cut: 100_000}, openbits.KindConnectionClosed},
		{"9.3.4", testlab.Reaction{Drop: true}, openbits.KindConnectionClosed},
	} {
		s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
			if r.N == 0 {
				return &c.answer
			}
			return nil
		})
		src := &testlab.MemSource{Content: content}
		err := send(t, openbits.Transfer{URL: s.URL + "/x"}, src)
		if got := openbits.KindOf(err); got != c.want {
			t.Errorf("%s: answered with %+v: %v, want %q", c.section, c.answer, err, c.want)
			continue
		}
		if c.want == done != (src.Acknowledged() == content.Size) {
			t.Errorf("%s: answered with %+v: %d bytes count as acknowledged", c.section, c.answer, src.Acknowledged())
		}
		if err != nil && !strings.HasPrefix(err.Error(), "cannot send ") {
			t.Errorf("%s: not fit for people: %v", c.section, err)
		}
	}
}

// TestCredentials: they stay with the origin that they belong to when a redirect leads away.
func TestCredentials(t *testing.T) {
	other := startReceiver(t, testlab.ReceiverOptions{}, nil)
	s := startReceiver(t, testlab.ReceiverOptions{}, func(r *testlab.Received) *testlab.Reaction {
		return &testlab.Reaction{Status: 307, Unread: true, Header: map[string]string{"Location": other.URL + "/moved"}}
	})
	tr := openbits.Transfer{URL: strings.Replace(s.URL, "://", "://u:p@", 1) + "/x", Route: &openbits.Route{
		Headers:     []openbits.Header{{Name: "X-Token", Value: "t"}},
		Credentials: []openbits.Credential{{User: "a", Password: "b"}},
	}}
	if err := send(t, tr, &testlab.MemSource{Content: content}); err != nil {
		t.Fatal(err)
	}
	if got, times := other.Object("/moved"); times != 1 || !content.Is(got) {
		t.Errorf("it arrived %d times, %d bytes", times, len(got))
	}
	if h := s.Requests()[0].Header; h.Get("Authorization") == "" || h.Get("X-Token") == "" || h.Get("Expect") != "100-continue" {
		t.Errorf("the first request has %v", h)
	}
	if h := other.Requests()[0].Header; h.Get("Authorization") != "" || h.Get("X-Token") != "" {
		t.Errorf("what belongs to one origin went to another: %v", h)
	}
	// A server that refuses says so before it is sent the file.
	if n := s.Bytes(); n > 0 {
		t.Errorf("%d bytes were sent to the server that sends elsewhere", n)
	}
}

// TestSource: an error of the source is passed on, and nothing is stored.
func TestSource(t *testing.T) {
	s := startReceiver(t, testlab.ReceiverOptions{}, nil)
	changed := &openbits.Error{Op: "send", Kind: openbits.KindLocalFileChanged, File: -1}
	err := send(t, openbits.Transfer{URL: s.URL + "/x"}, &testlab.MemSource{Content: content, Hook: func(off int64) error {
		if off > 1<<20 {
			return changed
		}
		return nil
	}})
	if !errors.Is(err, openbits.KindLocalFileChanged) || len(s.Paths()) != 0 {
		t.Errorf("%v; %d objects", err, len(s.Paths()))
	}
	if err := send(t, openbits.Transfer{URL: s.URL + "/empty"}, &testlab.MemSource{}); err != nil {
		t.Error(err)
	}
	if r := s.Requests()[len(s.Requests())-1]; r.Length != 0 {
		t.Errorf("an empty file has the length %d", r.Length)
	}
}

// TestPeers: real servers with WebDAV.
func TestPeers(t *testing.T) {
	for _, name := range []string{"nginx", "apache"} {
		t.Run(name, func(t *testing.T) {
			peer := testlab.StartPeer(t, name)
			stored := filepath.Join(peer.Dir, "dav", "a b.bin")
			for _, c := range []testlab.Content{content, {Seed: 1, Size: 10}, {}} {
				if err := send(t, openbits.Transfer{URL: peer.URL + "/dav/a%20b.bin"}, &testlab.MemSource{Content: c}); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(stored); err != nil || !c.Is(got) {
					t.Errorf("%d bytes are stored of %d, %v", len(got), c.Size, err)
				}
			}
			if err := send(t, openbits.Transfer{URL: peer.URL + "/no/dav"}, &testlab.MemSource{Content: testlab.Content{Size: 10}}); openbits.KindOf(err) != openbits.KindHTTP(405) {
				t.Errorf("where no files are taken: %v", err)
			}
			if name == "nginx" {
				tr := openbits.Transfer{URL: peer.TLS + "/dav/tls.bin", Route: &openbits.Route{CA: peer.CA}}
				if err := send(t, tr, &testlab.MemSource{Content: content}); err != nil {
					t.Errorf("over HTTP/2: %v", err)
				}
			}
		})
	}
}
