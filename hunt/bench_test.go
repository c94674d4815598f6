// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package hunt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/openbits/openbits/hunt"
)

// realHost makes a host of the corpus: a queue database of 1.3 MB and a log of 1.1 MB.
func realHost(b *testing.B, dir, name string) {
	b.Helper()
	from := os.Getenv("OPENBITS_CORPUS")
	if from == "" {
		from = filepath.Join("..", "..", "shared", "corpus")
	}
	tree := map[string][]byte{}
	for to, file := range map[string]string{
		queueFolder + "qmgr.db": "qmgr/win10_22h2_qmgr.db", logFolder + "Microsoft-Windows-Sysmon%4Operational.evtx": "evtx/sysmon_atomic_red_team.evtx",
	} {
		content, err := os.ReadFile(filepath.Join(from, filepath.FromSlash(file)))
		if err != nil {
			b.Skip("there is no corpus of real evidence")
		}
		tree[to] = content
	}
	writeTree(b, filepath.Join(dir, name), tree)
}

// BenchmarkHost hunts through one host.
func BenchmarkHost(b *testing.B) {
	dir := b.TempDir()
	realHost(b, dir, "x")
	for b.Loop() {
		r, err := hunt.Run(b.Context(), hunt.Options{Paths: []string{dir}})
		if err != nil {
			b.Fatal(err)
		}
		if r.Totals.Jobs == 0 || r.Totals.Events == 0 {
			b.Fatal(r.Totals)
		}
		r.Close()
	}
}

// BenchmarkHosts hunts through many hosts under names of their own.
func BenchmarkHosts(b *testing.B) {
	dir := b.TempDir()
	for i := range 50 {
		g := collection(fmt.Sprintf("PC%04d", i))
		writeTree(b, filepath.Join(dir, fmt.Sprint(i)), g)
	}
	for b.Loop() {
		r, err := hunt.Run(b.Context(), hunt.Options{Paths: []string{dir}})
		if err != nil {
			b.Fatal(err)
		}
		if r.Totals.Hosts != 50 {
			b.Fatal(r.Totals)
		}
		r.Close()
	}
}
