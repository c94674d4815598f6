// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/evtxtest"
)

// TestRenamed: a log of another computer is a whole log, with the same events.
func TestRenamed(t *testing.T) {
	data := evtxtest.Sample(2, 5).Bytes()
	computer, err := computerOf(data)
	if err != nil || computer != "host.example" {
		t.Fatalf("the computer is %q, %v", computer, err)
	}
	out, err := renamed(data, computer, "H00000000007")
	if err != nil {
		t.Fatal(err)
	}
	log, err := evtx.Open(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		t.Fatal(err)
	}
	s := log.Survey()
	if len(s.Problems) > 0 || s.Layers[evtx.Live] != 10 || len(s.Computers) != 1 || s.Computers[0] != "H00000000007" {
		t.Errorf("the other log has %v events of %q, problems %v", s.Layers, s.Computers, s.Problems)
	}
	if _, err := renamed(data, computer, "short"); err == nil {
		t.Error("a name of another length is taken")
	}
}

// TestLargeLog: a log that repeats the chunks of another has the events of all of them, and checksums that fit.
func TestLargeLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.evtx")
	size, err := largeLog(path, evtxtest.Sample(2, 5).Bytes(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(4096 + 16*65536); size != want {
		t.Errorf("it has %d bytes, not %d", size, want)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := evtx.Open(bytes.NewReader(data), size)
	if err != nil {
		t.Fatal(err)
	}
	if s := log.Survey(); s.Layers[evtx.Live] != 80 || !s.Header.Valid || len(s.Problems) > 0 {
		t.Errorf("it has events %v, header %+v, problems %v", s.Layers, s.Header, s.Problems)
	}
	if got, err := result(t.TempDir()); err == nil {
		t.Errorf("a run without output has %q", got)
	}
	if _, err := largeLog(path, nil, 1); err == nil {
		t.Error("nothing is taken for a log")
	}
}

func TestParse(t *testing.T) {
	if o, err := parse([]string{"-only", "ese,host", "-corpus", "x"}); err != nil || len(o.only) != 2 || !filepath.IsAbs(o.corpus) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-only", "nothing"}, {"x"}, {"-runs", "0"}, {"-hosts", "0"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
