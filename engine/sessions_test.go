// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// TestSourceNotNeeded: once the server has everything, the source may change or go. What is missing is the farewell, or the reply.
func TestSourceNotNeeded(t *testing.T) {
	changes := map[string]func(path string) error{
		"removed": os.Remove,
		"changed": func(path string) error { return appendTo(path, "more") },
	}
	for name, change := range changes {
		for _, missing := range []string{"Close-Session", "GET"} {
			t.Run(name+" before "+missing, func(t *testing.T) {
				var p *post
				p = newPost(t, testlab.ReceiverOptions{Reply: func(_ string, c []byte) []byte { return c[:1000] }}, func(r *testlab.Received) *testlab.Reaction {
					if (r.Packet == missing || r.Method == missing) && r.N == 0 {
						if err := change(filepath.Join(p.dir, "a.bin")); err != nil {
							t.Error(err)
						}
						return &testlab.Reaction{Status: 503}
					}
					return nil
				})
				j := p.create(p.letter("a.bin", letter, answered))
				p.awaitState(j.ID, openbits.StateAcknowledged)
				p.arrived("a.bin", letter)
				p.holds("a.bin.reply", testlab.Content{Seed: letter.Seed, Size: 1000})
			})
		}
	}
}

// TestSourceNeededAfterAll: a server that forgets what it acknowledged is not sent another content.
func TestSourceNeededAfterAll(t *testing.T) {
	var p *post
	p = newPost(t, testlab.ReceiverOptions{Reply: func(_ string, c []byte) []byte { return c[:1000] }}, func(r *testlab.Received) *testlab.Reaction {
		if r.Method == "GET" && r.N == 0 {
			if err := appendTo(filepath.Join(p.dir, "a.bin"), "more"); err != nil {
				t.Error(err)
			}
			p.server.Forget()
			return &testlab.Reaction{Status: 503}
		}
		return nil
	})
	j := p.create(p.letter("a.bin", letter, answered))
	if j = p.awaitState(j.ID, openbits.StateError); j.Error.Kind != openbits.KindLocalFileChanged {
		t.Fatalf("it fails with %v", j.Error)
	}
	if n := len(p.server.Paths()); n != 0 {
		t.Errorf("%d objects stand on the server", n)
	}
}

// TestLeftSession: a server that has a part of a file which is given another URL is told, after a restart of the service, too.
func TestLeftSession(t *testing.T) {
	healed := make(chan struct{})
	p := newPost(t, testlab.ReceiverOptions{Rate: 1 << 20}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == "Cancel-Session" {
			if r.Path != "/in/a.bin" {
				t.Errorf("the session of %s is cancelled", r.Path)
			}
			select {
			case <-healed:
			default:
				return &testlab.Reaction{Status: 503}
			}
		}
		return nil
	})
	j := p.create(p.letter("a.bin", letter))
	p.await(j.ID, func(j openbits.Job) bool { return j.BytesDone > 100_000 })
	if _, err := p.RenewURL(p.ctx, j.ID, 0, p.server.URL+"/in/b.bin"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return told(p.server) > 0 })
	if n := len(p.file(j.ID).Upload.Left); n != 1 {
		t.Errorf("%d sessions are remembered, want 1", n)
	}
	p.Close()
	p.store = p.store.Reopen()
	close(healed)
	p.start()
	waitFor(t, func() bool { return len(p.file(j.ID).Upload.Left) == 0 })
	p.awaitState(j.ID, openbits.StateAcknowledged)
	p.arrived("b.bin", letter)
	// A session of which nobody heard, since the service ended just then, has received nothing.
	if n := p.server.Unfinished(); n != 0 || len(p.server.Paths()) != 1 {
		t.Errorf("%d sessions are unfinished, objects %v", n, p.server.Paths())
	}
	if f := p.file(j.ID); len(f.Upload.Left) != 0 {
		t.Errorf("the sessions %+v are still remembered", f.Upload.Left)
	}
}

// TestForgetfulServer: a server that loses every upload after a while is not sent the file for ever, unless they come further
// and further.
func TestForgetfulServer(t *testing.T) {
	var held, losses atomic.Int64
	p := newForgetful(t, &held, &losses, func() int64 { return 300_000 })
	j := p.create(p.letter("a.bin", letter))
	j = p.awaitState(j.ID, openbits.StateError)
	if j.Error.Kind != openbits.KindNoProgress || j.Error.Hint == "" {
		t.Errorf("it fails with %v (%s)", j.Error, j.Error.Kind)
	}
	if n := losses.Load(); n > 2*openbits.MaxLostSessions {
		t.Errorf("the server lost %d sessions", n)
	}
}

// TestSlowlyForgetfulServer: as long as each upload comes further than those before, it goes on.
func TestSlowlyForgetfulServer(t *testing.T) {
	var held, losses atomic.Int64
	p := newForgetful(t, &held, &losses, func() int64 { return 300_000 + losses.Load()*100_000 })
	j := p.create(p.letter("a.bin", letter))
	p.awaitState(j.ID, openbits.StateAcknowledged)
	p.arrived("a.bin", letter)
	if n := losses.Load(); n <= openbits.MaxLostSessions {
		t.Errorf("the server lost %d sessions only", n)
	}
}

// newForgetful is a post whose server forgets an upload of which it was sent more than most. Fragments are small, however quick
// the machine: larger ones are refused.
func newForgetful(t *testing.T, held, losses *atomic.Int64, most func() int64) *post {
	t.Parallel()
	var p *post
	const fragment = 64 << 10
	p = newPost(t, testlab.ReceiverOptions{MaxFragment: fragment}, func(r *testlab.Received) *testlab.Reaction {
		switch {
		case r.Packet == "Create-Session":
			held.Store(0)
		case r.Packet == "Fragment" && r.Length <= fragment && held.Add(r.Length) > most():
			losses.Add(1)
			p.server.Forget()
		}
		return nil
	})
	return p
}
