// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup

import (
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
)

// received makes a session of which all bytes are on the disk.
func received(t *testing.T, s *store, target, content string) *record {
	t.Helper()
	n := int64(len(content))
	r := &record{
		ID: newID(), State: statePublishing, Target: target, Total: n, Next: n, From: n / 2,
		Sum: crc32.Checksum([]byte(content[n/2:]), castagnoli),
	}
	if err := s.create(r.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.root.WriteFile(file(r.ID, suffixData), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

func newStore(t *testing.T) *store {
	t.Helper()
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	return s
}

// TestSettledByContent: after a crash in a publication, a file of the right size is not yet the one that was received.
func TestSettledByContent(t *testing.T) {
	for name, c := range map[string]struct {
		there string
		state state
		want  error
	}{
		"published":            {"hello world", statePublishing, nil},
		"another of that size": {"HELLO WORLD", statePublishing, errVanished},
		"another size":         {"hello world!", statePublishing, errVanished},
		"nothing":              {"", statePublishing, errVanished},
		"not to be published":  {"hello world", stateReceiving, errVanished},
	} {
		s := newStore(t)
		r := received(t, s, "a", "hello world")
		r.State = c.state
		s.removeUpload(r.ID)
		if c.there != "" {
			if err := s.root.WriteFile("a", []byte(c.there), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.publish(r, manners{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestBothNames: a crash between the two halves of a publication leaves both names. The next one takes the temporary name away,
// also when files may be replaced now: rename(2) does nothing to two names of one file.
func TestBothNames(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		s := newStore(t)
		r := received(t, s, "a", "hello world")
		if err := s.root.Link(file(r.ID, suffixData), "a"); err != nil {
			t.Skipf("this file system has no links: %v", err)
		}
		if freed, err := s.publish(r, manners{overwrite: overwrite}); err != nil || freed != 11 {
			t.Errorf("overwrite %v: %d bytes are freed, want 11, as a count of the folder has them twice; %v", overwrite, freed, err)
		}
		if _, err := s.size(file(r.ID, suffixData)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("overwrite %v: the temporary name is left (%v)", overwrite, err)
		}
		if b, err := os.ReadFile(filepath.Join(s.path, "a")); string(b) != "hello world" {
			t.Errorf("overwrite %v: the file holds %q, %v", overwrite, b, err)
		}
	}
}
