// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"archive/zip"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/openbits/openbits/hunt/collect"
)

// The bounds of a hostile megabyte.
const (
	fuzzSize   = 1 << 20
	fuzzMemory = 256 << 20
	fuzzTime   = 2 * time.Second
)

// FuzzZip: an archive of any bytes is walked and all its members are read, without a panic and within bounds. Time is only
// looked at while fuzzing: a loaded machine says nothing.
func FuzzZip(f *testing.F) {
	one := files{kapeDB: []byte("ElfFile\x00"), kapeLog: log("PC1"), "notes.txt": []byte("x")}
	f.Add(one.zip(f, zip.Store), false)
	f.Add(one.zip(f, zip.Deflate), true)
	f.Add(files{"a.zip": one.zip(f, zip.Deflate), "b.zip": files{"c.zip": one.zip(f, zip.Store)}.zip(f, zip.Store)}.zip(f, zip.Store), true)
	f.Add(files{"qmgr.db": make([]byte, 1<<20), "x.evtx": append([]byte("ElfFile\x00"), make([]byte, 1<<20)...)}.zip(f, zip.Deflate), false)
	f.Add(raw(f, zip.FileHeader{Name: `C\ProgramData\..\..\qmgr.db`, Flags: 1, Method: 99, UncompressedSize64: 1 << 50, CompressedSize64: 3}, []byte("abc")), true)
	f.Fuzz(func(t *testing.T, b []byte, all bool) {
		if len(b) > fuzzSize {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		c := collect.WalkBytes(t.Context(), "x.zip", b, collect.Options{CarveAll: all})
		for _, h := range c.Hosts {
			for _, m := range h.Members {
				read(t, m)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if grew := int64(after.Sys) - int64(before.Sys); grew > fuzzMemory {
			t.Errorf("%d bytes took %d MiB of memory", len(b), grew>>20)
		}
		if fuzzing() && took > fuzzTime {
			t.Errorf("%d bytes took %s", len(b), took)
		}
	})
}

func read(t *testing.T, m *collect.Member) {
	content, err := m.Open(t.Context(), 0)
	if err != nil {
		return
	}
	n, err := io.Copy(io.Discard, io.NewSectionReader(content, 0, content.Size))
	if err == nil && n != content.Size {
		t.Errorf("%s has %d bytes, of which %d can be read", m.Path, content.Size, n)
	}
	if _, err := content.Close(); err != nil {
		t.Errorf("%s: %v", m.Path, err)
	}
}

// FuzzHive: a hive of any bytes.
func FuzzHive(f *testing.F) {
	f.Add(systemHive("PC1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if name, err := collect.ComputerName(b); err == nil && name == "" {
			t.Error("a name without a letter")
		}
	})
}
