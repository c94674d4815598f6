// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/internal/testlab"
)

// TestUploadReply: the reply appears under its name when the whole is over, by itself or by its owner's call.
func TestUploadReply(t *testing.T) {
	for _, auto := range []bool{true, false} {
		p := newPost(t, testlab.ReceiverOptions{Reply: func(path string, c []byte) []byte { return c[:1000] }}, nil)
		j := p.create(p.letter("order", letter, answered, func(n *openbits.NewJob) { n.Settings.AutoComplete = auto }))
		want := testlab.Content{Seed: letter.Seed, Size: 1000}
		if !auto {
			p.awaitState(j.ID, openbits.StateTransferred)
			if _, err := os.Stat(filepath.Join(p.dir, "order.reply")); err == nil {
				t.Error("the reply is published before its owner completed the job")
			}
			content, _, err := p.Open(p.ctx, j.ID, 0)
			if err != nil {
				t.Fatal(err)
			}
			_ = content.Close()
			if _, err := p.Act(p.ctx, j.ID, openbits.ActionComplete); err != nil {
				t.Fatal(err)
			}
		}
		p.awaitState(j.ID, openbits.StateAcknowledged)
		p.arrived("order", letter)
		p.holds("order.reply", want)
		p.only("order", "order.reply")
		if n := p.server.Sessions(); n != 0 {
			t.Errorf("%d sessions are open", n)
		}
	}
}

// TestReplyToNewContent: the reply to what a file held before is not taken for the one to what it holds now.
func TestReplyToNewContent(t *testing.T) {
	p := newPost(t, testlab.ReceiverOptions{Reply: func(_ string, c []byte) []byte { return c[:1000] }}, func(r *testlab.Received) *testlab.Reaction {
		if r.Packet == "Close-Session" && r.N == 0 {
			return &testlab.Reaction{Status: 403} // after the reply was fetched
		}
		return nil
	})
	j := p.create(p.letter("order", letter, answered))
	p.awaitState(j.ID, openbits.StateError)
	changed := testlab.Content{Seed: letter.Seed + 1, Size: letter.Size}
	if err := changed.WriteFile(filepath.Join(p.dir, "order")); err != nil {
		t.Fatal(err)
	}
	// Resuming would end what was sent whole. Another URL begins anew.
	if _, err := p.RenewURL(p.ctx, j.ID, 0, p.server.URL+"/in/again"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionResume); err != nil {
		t.Fatal(err)
	}
	p.awaitState(j.ID, openbits.StateAcknowledged)
	p.arrived("again", changed)
	p.holds("order.reply", testlab.Content{Seed: changed.Seed, Size: 1000})
}

// TestReplyLimits: a reply that is too large, or whose name is taken, is an error, and nothing of it is left under its name.
func TestReplyLimits(t *testing.T) {
	p := newPost(t, testlab.ReceiverOptions{Reply: func(_ string, c []byte) []byte { return c[:1000] }}, nil)
	j := p.create(p.letter("order", letter, answered, func(n *openbits.NewJob) { n.Files[0].Upload.ReplyLimit = 999 }))
	if j = p.awaitState(j.ID, openbits.StateError); j.Error.Kind != openbits.KindTooLarge || !strings.Contains(j.Error.Hint, "--reply-limit") {
		t.Errorf("it fails with %v", j.Error)
	}
	if _, err := p.Act(p.ctx, j.ID, openbits.ActionCancel); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { entries, _ := os.ReadDir(p.dir); return len(entries) == 1 })
	if err := os.WriteFile(filepath.Join(p.dir, "order.reply"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Create(p.ctx, p.letter("order", letter, answered)); openbits.KindOf(err) != openbits.KindFileExists {
		t.Errorf("a name that is taken: %v", err)
	}
}
