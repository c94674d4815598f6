// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sink_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/sink"
)

// TestIdleFolders: folders are closed some time after their last use, so that their volumes can be unmounted.
func TestIdleFolders(t *testing.T) {
	base := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newSink(t)
		open := func(want int) {
			t.Helper()
			if got := s.OpenFolders(); got != want {
				t.Fatalf("%d folders are open, want %d", got, want)
			}
		}
		f := folder(t, s, base)
		open(1)
		time.Sleep(2*time.Second - time.Millisecond)
		open(1)
		part, err := s.Open(t.Context(), openbits.Place{Folder: f, Name: "file", Part: ".part"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		open(1) // a part file keeps its folder
		if err := part.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*time.Second + time.Millisecond)
		open(0)
	})
}

// TestManyFolders: the number of idle folders that are held open has a bound.
func TestManyFolders(t *testing.T) {
	s := sink.New(sink.Options{Idle: time.Hour})
	base := t.TempDir()
	var list []openbits.Publication
	for n := range 200 {
		path := filepath.Join(base, fmt.Sprint(n))
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		list = append(list, part(t, s, folder(t, s, path), "file", "content"))
		if open := s.OpenFolders(); open > 64 {
			t.Fatalf("%d folders are open", open)
		}
	}
	for _, err := range s.Publish(t.Context(), list) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if open := s.OpenFolders(); open == 0 || open > 64 {
		t.Fatalf("%d folders are open", open)
	}
	if err := s.Close(); err != nil || s.OpenFolders() != 0 {
		t.Fatalf("after Close %d folders are open, %v", s.OpenFolders(), err)
	}
}

func folder(t testing.TB, s *sink.Sink, path string) openbits.Folder {
	t.Helper()
	f, err := s.Folder(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// part makes a part file and answers how it is to be published.
func part(t testing.TB, s *sink.Sink, f openbits.Folder, name, content string) openbits.Publication {
	t.Helper()
	p, err := makePart(t, s, f, name, content)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func makePart(t testing.TB, s *sink.Sink, f openbits.Folder, name, content string) (openbits.Publication, error) {
	p := openbits.Place{Folder: f, Name: name, Part: "." + name + ".part"}
	file, err := s.Open(t.Context(), p)
	if err != nil {
		return openbits.Publication{}, err
	}
	defer func() { _ = file.Close() }()
	_, err = file.WriteAt([]byte(content), 0)
	return openbits.Publication{Place: p, Inode: file.Identity(), Size: int64(len(content)), Mode: 0o644}, err
}

func publish(t testing.TB, s *sink.Sink, p openbits.Publication) error {
	return s.Publish(t.Context(), []openbits.Publication{p})[0]
}

func wantKind(t testing.TB, err error, want openbits.Kind) {
	t.Helper()
	if got := openbits.KindOf(err); got != want {
		t.Fatalf("kind is %q (%v), want %q", got, err, want)
	}
}
