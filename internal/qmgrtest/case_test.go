// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/evtx"
)

// TestCasesAreSound: each file of a case is read by the readers without damage, and the job that the case is about is in it.
func TestCasesAreSound(t *testing.T) {
	names := map[string]bool{}
	kinds := map[Kind]int{}
	for i, c := range Cases() {
		if names[c.Name] {
			t.Errorf("two cases have the name %s", c.Name)
		}
		names[c.Name] = true
		kinds[c.Kind]++
		if !slices.Contains(variantsOn, c.Generation.Key) && i%7 != 0 {
			continue // building all of them takes long
		}
		tree := c.Tree()
		if len(tree) == 0 {
			t.Errorf("%s: no files", c.Name)
		}
		id := GUID(NewID(""))
		if c.Job != "" {
			id = GUID(c.Job)
		}
		found := false
		for name, b := range tree {
			if err := sound(name, b); err != nil {
				t.Errorf("%s: %s: %v", c.Name, name, err)
			}
			found = found || bytes.Contains(b, id[:])
		}
		if c.Job != "" && !found && c.Kind != InLog {
			t.Errorf("%s: the job's id is in none of its files", c.Name)
		}
	}
	t.Log(len(names), "cases:", kinds)
}

func sound(name string, b []byte) error {
	switch path.Base(name) {
	case "qmgr.db":
		db, err := ese.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		if r := db.Check(); !r.Sound() {
			return fmt.Errorf("%+v", r.Findings)
		}
	case "edb.log":
		_, err := ese.OpenLog(bytes.NewReader(b), int64(len(b)))
		return err
	case "qmgr0.dat":
		if !bytes.HasPrefix(b, []byte(FileVersion)) {
			return fmt.Errorf("it begins with % x", b[:16])
		}
	default:
		log, err := evtx.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		for e, err := range log.Events() {
			if err != nil {
				return err
			}
			if e.State != evtx.Whole || e.System.Computer != Host {
				return fmt.Errorf("event %d of %s is %s: %v", e.System.ID, e.System.Computer, e.State, e.Problem)
			}
		}
	}
	return nil
}

// TestCoverage: each behaviour is built on each generation, in each kind of evidence of jobs there, that can hold it.
func TestCoverage(t *testing.T) {
	have := map[string]bool{}
	for _, c := range Cases() {
		for _, w := range c.Wants {
			have[fmt.Sprint(w.Number, c.Generation.Key, c.Kind)] = true
			have[fmt.Sprint(w.Number, c.Generation.Key)] = true
		}
	}
	for n := 1; n < len(Behaviours); n++ {
		for _, g := range Generations {
			if !g.Events.Log && slices.Contains([]int{1, 10, 18, 19, 20}, n) {
				continue // only the program that made the job, or the log, would tell; Windows XP keeps neither
			}
			if !have[fmt.Sprint(n, g.Key)] {
				t.Errorf("%s is not built for %s", Behaviours[n], g.Name)
			}
		}
	}
	record := []int{2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 21, 22} // seen in any record
	database := append([]int{1, 10, 18}, record...)                         // with the program that made the job
	for _, g := range Generations {
		want := record
		if g.Database {
			want = database
		}
		for _, k := range g.kinds() {
			if k == InTransfers {
				want = []int{3, 4, 5, 6, 7, 9, 16, 17, 21, 22}
			}
			for _, n := range want {
				if !have[fmt.Sprint(n, g.Key, k)] {
					t.Errorf("%s is not built for %s in %s", Behaviours[n], g.Name, k)
				}
			}
		}
	}
}

// TestSameBytes: a case is the same each time.
func TestSameBytes(t *testing.T) {
	a, b := Cases(), Cases()
	for i := 0; i < len(a); i += 61 {
		one, two := a[i].Tree(), b[i].Tree()
		for name := range one {
			if !bytes.Equal(one[name], two[name]) {
				t.Errorf("%s: %s differs from one time to the next", a[i].Name, name)
			}
		}
	}
}

// TestTree: folder, archive and Velociraptor's names hold the same files.
func TestTree(t *testing.T) {
	tree := Tree{"C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx": []byte("log"), "C/a/b": []byte("b")}
	dir := t.TempDir()
	if err := tree.Under("WS01").Write(dir); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "WS01", "C", "a", "b")); err != nil || string(b) != "b" {
		t.Errorf("read %q, %v", b, err)
	}
	var archive bytes.Buffer
	if err := tree.Velociraptor().Zip(&archive); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.File {
		names = append(names, f.Name)
		c, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(c); err != nil || len(b) == 0 {
			t.Errorf("%s: %q, %v", f.Name, b, err)
		}
	}
	want := "uploads/auto/C%3A/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%254Operational.evtx uploads/auto/C%3A/a/b"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("archive has %s", got)
	}
}
