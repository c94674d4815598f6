// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/internal/qmgrtest"
)

var at = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// log is the Bits-Client log of a computer.
func log(computer string) []byte {
	g := qmgrtest.GenerationOf("win10-22h2")
	job := qmgrtest.NewJob("an update", "S-1-5-18", at, qmgrtest.NewFile("https://files.example/a", `C:\a`, 10, at))
	for _, b := range qmgrtest.Logs(computer, 1, job.Created3(g, qmgrtest.Who{}, at)) {
		return b
	}
	panic("no log")
}

// database is a queue with one job.
func database() []byte {
	g := qmgrtest.GenerationOf("win10-22h2")
	return qmgrtest.Database{Generation: g, Jobs: []qmgrtest.Job{qmgrtest.NewJob("an update", "S-1-5-18", at, qmgrtest.NewFile("https://files.example/a", `C:\a`, 10, at))}}.Bytes()
}

// files are paths and contents.
type files map[string][]byte

func (f files) names() []string { return slices.Sorted(maps.Keys(f)) }

// write makes files beneath a new folder and answers the folder.
func (f files) write(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	f.into(t, dir)
	return dir
}

func (f files) into(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range f {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// zip packs the files.
func (f files) zip(t testing.TB, method uint16) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range f.names() {
		m, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(f[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// walk looks through paths and closes the collection with the test.
func walk(t *testing.T, o collect.Options, paths ...string) *collect.Collection {
	t.Helper()
	c := collect.Walk(t.Context(), paths, o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// show writes what was found, a host or member a line, without the folder of the test.
func show(c *collect.Collection, dir string) string {
	var b strings.Builder
	for _, h := range c.Hosts {
		fmt.Fprintf(&b, "%s (%s)", h.Name, h.Named)
		if len(h.Aliases) > 0 {
			fmt.Fprintf(&b, " also %s", strings.Join(h.Aliases, ", "))
		}
		b.WriteByte('\n')
		for _, m := range h.Members {
			fmt.Fprintf(&b, "  %s %s %s %s", strings.TrimPrefix(strings.TrimPrefix(m.Path, filepath.ToSlash(dir)), "/"), m.Kind, m.Status, strings.Join(m.Notes, "; "))
			b.WriteByte('\n')
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// member finds the member whose path ends so.
func member(t *testing.T, c *collect.Collection, suffix string) *collect.Member {
	t.Helper()
	for _, h := range c.Hosts {
		for _, m := range h.Members {
			if strings.HasSuffix(m.Path, suffix) {
				return m
			}
		}
	}
	t.Fatalf("there is no member %s", suffix)
	return nil
}

// fuzzing reports whether the fuzzer is running, not only its seeds.
func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}
