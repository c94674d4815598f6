// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sinktest

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
)

// RunSources runs the conformance suite of engine.Sources.
func RunSources(t *testing.T, open func(t *testing.T) engine.Sources) {
	for name, test := range map[string]func(*testing.T, engine.Sources, string){
		"find": testFindSource, "refuse": testRefuseSource, "changes": testSourceChanges,
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "a"), []byte("content"), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			test(t, open(t), dir)
		})
	}
}

func testFindSource(t *testing.T, s engine.Sources, dir string) {
	p, state, err := s.FindSource(t.Context(), dir, "a")
	if err != nil || p.Path() != filepath.Join(dir, "a") || p.Part != "" || state.Size != 7 || state.Identity == "" || state.Modified == 0 {
		t.Fatalf("found %+v with %+v, %v", p, state, err)
	}
	f, err := s.OpenSource(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	if n, err := f.ReadAt(b, 3); string(b[:n]) != "tent" || err != io.EOF {
		t.Errorf("read %q, %v", b[:n], err)
	}
	if again, err := f.State(); err != nil || again != state {
		t.Errorf("the state is %+v, %v; want %+v", again, err, state)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testRefuseSource(t *testing.T, s engine.Sources, dir string) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	want := map[string]openbits.Kind{
		"": openbits.KindInvalidName, ".": openbits.KindInvalidName, "..": openbits.KindInvalidName, "../a": openbits.KindInvalidName,
		"nothing": openbits.KindSourceMissing, "folder": openbits.KindUnsafePath,
	}
	if os.Symlink("a", filepath.Join(dir, "link")) == nil {
		want["link"] = openbits.KindUnsafePath
	}
	if os.Geteuid() != 0 && runtime.GOOS != "windows" {
		must(os.WriteFile(filepath.Join(dir, "closed"), nil, 0))
		want["closed"] = openbits.KindReadDenied
	}
	for name, kind := range want {
		_, _, err := s.FindSource(t.Context(), dir, name)
		if e := openbits.AsError(err); openbits.KindOf(err) != kind || e.Hint == "" || e.Context != openbits.ContextLocalFile {
			t.Errorf("%q: %v, hint %q, want %s", name, err, e.Hint, kind)
		}
	}
	for folder, kind := range map[string]openbits.Kind{"x": openbits.KindInvalidArgument, filepath.Join(dir, "a"): openbits.KindSourceMissing, filepath.Join(dir, "no"): openbits.KindSourceMissing} {
		if _, _, err := s.FindSource(t.Context(), folder, "a"); openbits.KindOf(err) != kind {
			t.Errorf("in %q: %v, want %s", folder, err, kind)
		}
	}
}

func testSourceChanges(t *testing.T, s engine.Sources, dir string) {
	path := filepath.Join(dir, "a")
	p, before, err := s.FindSource(t.Context(), dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.OpenSource(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := os.WriteFile(path, []byte("content and more"), 0o600); err != nil {
		t.Fatal(err)
	}
	grown, err := f.State()
	if err != nil || before.Continues(grown, false) || !before.Continues(grown, true) {
		t.Errorf("grown: %+v, %v", grown, err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if touched, err := f.State(); err != nil || grown.Continues(touched, false) {
		t.Errorf("touched: %+v, %v", touched, err)
	}
	if err := os.WriteFile(path+".new", []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Skip(err) // a system that does not replace open files
	}
	if _, err := f.State(); openbits.KindOf(err) != openbits.KindLocalFileChanged {
		t.Errorf("replaced: %v", err)
	}
	if _, other, err := s.FindSource(t.Context(), dir, "a"); err != nil || before.Continues(other, true) {
		t.Errorf("another file: %+v, %v", other, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := f.State(); openbits.KindOf(err) != openbits.KindLocalFileChanged {
		t.Errorf("removed: %v", err)
	}
}
