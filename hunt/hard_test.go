// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/hunt"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/qmgrtest"
)

// TestFarTimes: a time in a year that JSON cannot hold, as damage makes them, is one time less, not the end of the hunt.
func TestFarTimes(t *testing.T) {
	tree := collection("PC1")
	for name, b := range tree {
		if !strings.HasSuffix(name, ".evtx") {
			continue
		}
		for i := 0; i+8 <= len(b); i++ {
			if v := binary.LittleEndian.Uint64(b[i:]); v > qmgrtest.FileTime(at.Add(-time.Hour)) && v < qmgrtest.FileTime(at.Add(time.Hour)) {
				binary.LittleEndian.PutUint64(b[i:], 1<<63-1)
			}
		}
	}
	dir := t.TempDir()
	writeTree(t, dir, tree)
	res, err := hunt.Run(t.Context(), hunt.Options{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if res.Totals.Events == 0 || res.Totals.Jobs == 0 {
		t.Errorf("%d events and %d jobs are left", res.Totals.Events, res.Totals.Jobs)
	}
}

// TestTwice: evidence that is read once more, and a report of it, alone or beside it, tell of the same jobs, events and findings.
func TestTwice(t *testing.T) {
	dir := t.TempDir()
	for _, pc := range []string{"PC1", "PC2"} {
		writeTree(t, filepath.Join(dir, pc), collection(pc))
	}
	lost := qmgrtest.NewJob("lost", user, at.Add(time.Hour)).Bytes(win)
	lost = lost[bytes.Index(lost, []byte("\x36\xda\x56\x77\x6f\x51\x5a\x43")):] // a record without its beginning has no id
	writeTree(t, filepath.Join(dir, "PC2"), map[string][]byte{queueFolder + "left.bin": lost})
	writeTree(t, dir, map[string][]byte{"readme.txt": []byte("of no host")})
	report := func(paths ...string) (string, evidence.Totals) {
		r, err := hunt.Run(t.Context(), hunt.Options{Paths: paths})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		names := map[string]int{}
		for h, err := range r.Hosts() {
			if err != nil {
				t.Fatal(err)
			}
			if names[h.Name]++; names[h.Name] > 1 {
				t.Errorf("of %v the host %s is there twice", paths, h.Name)
			}
		}
		p := filepath.Join(t.TempDir(), "report.json")
		f, err := os.Create(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.WriteJSON(f), f.Close()); err != nil {
			t.Fatal(err)
		}
		return p, r.Totals
	}
	saved, want := report(dir)
	again, _ := report(saved)
	if want.Jobs != 3 {
		t.Fatalf("there are %d jobs", want.Jobs)
	}
	copied := t.TempDir()
	writeTree(t, filepath.Join(copied, "PC2"), collection("PC2"))
	writeTree(t, filepath.Join(copied, "PC2"), map[string][]byte{queueFolder + "left.bin": lost})
	for _, paths := range [][]string{{dir, copied}, {saved}, {saved, dir}, {dir, saved}, {saved, again}, {again, dir, saved}} {
		_, got := report(paths...)
		if got.Hosts != want.Hosts || got.Jobs != want.Jobs || got.Versions != want.Versions || got.Files != want.Files || got.Events != want.Events {
			t.Errorf("of %v: %+v, want %+v", paths, got, want)
		}
	}
}

// TestNoRoom: where hosts cannot be kept, the error says so, and is none of the command line.
func TestNoRoom(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"PC1", "PC2", "PC3"} { // fewer are not encoded
		writeTree(t, filepath.Join(dir, name), collection(name))
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	t.Setenv("TMP", filepath.Join(dir, "none"))
	hunt.SetInMemory(t, 0)
	_, err := hunt.Run(t.Context(), hunt.Options{Paths: []string{dir}})
	if !errors.Is(err, openbits.KindLocalFile) {
		t.Errorf("got %v", err)
	}
}
