// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/hunt/collect"
)

const (
	kapeLog  = "C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx"
	kapeDB   = "C/ProgramData/Microsoft/Network/Downloader/qmgr.db"
	raptorDB = "uploads/auto/C%3A/ProgramData/Microsoft/Network/Downloader/qmgr.db"
	raptorEv = "uploads/auto/C%3A/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%254Operational.evtx"
	ntfsDB   = `uploads/ntfs/%5C%5C.%5CC%3A/ProgramData/Microsoft/Network/Downloader/qmgr.db`
)

// TestLayouts: the files of a computer are found together, whoever collected them, and computers apart.
func TestLayouts(t *testing.T) {
	db := database()
	for _, tt := range []struct {
		name string
		in   files
		want string
	}{
		{"KAPE, no name but the folder's", files{"PC1/" + kapeDB: db}, `
PC1 (folder)
  PC1/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
`},
		{"KAPE, several hosts", files{"one/" + kapeDB: db, "one/" + kapeLog: log("PC1"), "two/" + kapeDB: db, "two/" + kapeLog: log("PC2")}, `
PC1 (events)
  one/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  one/C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx evtx
PC2 (events)
  two/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  two/C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx evtx
`},
		{"Velociraptor, percent-coded, two accessors", files{"x/" + raptorDB: db, "x/" + raptorEv: log("PC1"), "x/" + ntfsDB: db}, `
PC1 (events)
  x/uploads/auto/C%3A/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  x/uploads/auto/C%3A/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%254Operational.evtx evtx
  x/uploads/ntfs/%5C%5C.%5CC%3A/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
`},
		{"flat, by hand", files{"pc1/bits/QMGR.DB": db, "pc1/logs/BITS.EVTX": log("PC1"), "pc1/bits/edb.chk": []byte("x")}, `
PC1 (events)
  pc1/bits/QMGR.DB qmgr.db
  pc1/bits/edb.chk other skipped
  pc1/logs/BITS.EVTX evtx
`},
		{"one folder, logs of several computers", files{"a.evtx": log("PC1"), "b.evtx": log("PC2"), "c.evtx": log("PC1")}, `
PC1 (events)
  a.evtx evtx
  c.evtx evtx
PC2 (events)
  b.evtx evtx
`},
		{"one folder, queues of several computers", files{"PC1_qmgr.db": db, "qmgr-PC2.db": db}, `
PC1 (folder)
  PC1_qmgr.db qmgr.db
PC2 (folder)
  qmgr-PC2.db qmgr.db
`},
		{"collected twice, short and long name", files{"mon/" + kapeDB: db, "mon/" + kapeLog: log("PC1"), "tue/" + kapeDB: db, "tue/" + kapeLog: log("pc1.corp.example")}, `
PC1 (events) also pc1.corp.example
  mon/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  mon/C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx evtx
  tue/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  tue/C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx evtx
`},
		{"registry before events", files{"x/" + kapeLog: log("OLDNAME"), "x/C/Windows/System32/config/SYSTEM": systemHive("PC7")}, `
PC7 (registry) also OLDNAME
  x/C/Windows/System32/config/SYSTEM registry
  x/C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx evtx
`},
		{"shadow copies", files{"PC1/" + kapeDB: db, "PC1/VSS1/" + kapeDB: db}, `
PC1 (folder)
  PC1/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  PC1/VSS1/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.in.write(t)
			got := show(walk(t, collect.Options{}, dir), dir)
			if d := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestArchives: an archive a computer, and archives in an archive.
func TestArchives(t *testing.T) {
	one := files{kapeDB: database(), kapeLog: log("PC1")}
	two := files{raptorDB: database(), raptorEv: log("PC2")}
	dir := files{
		"PC1.zip": one.zip(t, zip.Deflate),
		"all.zip": files{"Collection-PC2_corp-2024-05-06T07_08_09Z.zip": two.zip(t, zip.Deflate), "deep.zip": files{"deeper.zip": one.zip(t, zip.Store)}.zip(t, zip.Store)}.zip(t, zip.Store),
	}.write(t)
	got := show(walk(t, collect.Options{}, dir), dir)
	want := `(no host) ()
  all.zip zip
  all.zip!/deep.zip zip
  all.zip!/deep.zip!/deeper.zip zip skipped it is an archive in an archive in an archive: unpack the outer ones and hunt through the folder
PC1 (events)
  PC1.zip zip
  PC1.zip!/C/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  PC1.zip!/C/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%4Operational.evtx evtx
PC2 (events)
  all.zip!/Collection-PC2_corp-2024-05-06T07_08_09Z.zip zip
  all.zip!/Collection-PC2_corp-2024-05-06T07_08_09Z.zip!/uploads/auto/C%3A/ProgramData/Microsoft/Network/Downloader/qmgr.db qmgr.db
  all.zip!/Collection-PC2_corp-2024-05-06T07_08_09Z.zip!/uploads/auto/C%3A/Windows/System32/winevt/Logs/Microsoft-Windows-Bits-Client%254Operational.evtx evtx
`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestReading: members give the same bytes and hash, stored, packed, in memory and from a file.
func TestReading(t *testing.T) {
	db := database()
	in := files{kapeDB: db}
	dir := files{"stored.zip": in.zip(t, zip.Store), "packed.zip": in.zip(t, zip.Deflate), "nested.zip": files{"in.zip": in.zip(t, zip.Deflate)}.zip(t, zip.Deflate), kapeDB: db}.write(t)
	for _, memory := range []int64{1, 1 << 20, 1 << 30} {
		c := walk(t, collect.Options{Limits: collect.Limits{Memory: memory}}, dir)
		seen := 0
		for _, h := range c.Hosts {
			for _, m := range h.Members {
				if m.Kind != collect.QueueDB {
					continue
				}
				seen++
				content, err := m.Open(t.Context(), memory)
				if err != nil {
					t.Fatal(m.Path, err)
				}
				got := make([]byte, content.Size)
				if _, err := content.ReadAt(got, 0); err != nil && content.Size != int64(len(db)) {
					t.Error(m.Path, err)
				}
				if string(got) != string(db) || content.SHA256 != digest(db) {
					t.Errorf("%s gives other bytes, or hash %s", m.Path, content.SHA256)
				}
				if changed, err := content.Close(); changed != "" || err != nil {
					t.Errorf("%s: changed %q, %v", m.Path, changed, err)
				}
			}
		}
		if seen != 4 {
			t.Errorf("%d queues", seen)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "bits-hunt-*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// TestChanged: a file or archive that is written to while it is read is said to have changed.
func TestChanged(t *testing.T) {
	in := files{kapeDB: database()}
	dir := files{"a.zip": in.zip(t, zip.Deflate), "x/" + kapeDB: database()}.write(t)
	c := walk(t, collect.Options{}, dir)
	for _, tt := range []struct{ member, file string }{{"x/" + kapeDB, "x/" + kapeDB}, {"a.zip!/" + kapeDB, "a.zip"}} {
		content, err := member(t, c, tt.member).Open(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		p := filepath.Join(dir, filepath.FromSlash(tt.file))
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if changed, err := content.Close(); changed == "" {
			t.Errorf("%s is not said to have changed: %v", tt.member, err)
		}
	}
}

// TestEnded: what was not reached is said.
func TestEnded(t *testing.T) {
	dir := files{"PC1/" + kapeDB: database()}.write(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := collect.Walk(ctx, []string{dir}, collect.Options{})
	if c.Ended == nil || len(c.Hosts) != 1 || len(c.Hosts[0].Members) != 1 || c.Hosts[0].Members[0].Notes[0] != "it was not reached" {
		t.Errorf("got %v %s", c.Ended, show(c, dir))
	}
}

// TestChannels: logs of which nobody wants an event are left out, but not when their name is another's.
func TestChannels(t *testing.T) {
	dir := files{"x/" + kapeLog: log("PC1"), "x/C/Windows/System32/winevt/Logs/Other.evtx": log("PC1")}.write(t)
	c := walk(t, collect.Options{Channel: func(string) bool { return false }}, dir)
	if m := member(t, c, "Bits-Client%4Operational.evtx"); m.Status != "skipped" {
		t.Errorf("the log is %s", m.Status)
	}
	if m := member(t, c, "Other.evtx"); m.Status != "" {
		t.Errorf("the log under another name is %s", m.Status)
	}
}

// TestMany: a folder with thousands of other files has them counted.
func TestMany(t *testing.T) {
	in := files{"PC1/" + kapeDB: database()}
	for i := range 120 {
		in["PC1/C/Windows/"+string(rune('a'+i%26))+strings.Repeat("x", i/26)+".dll"] = []byte("MZ")
	}
	dir := in.write(t)
	c := walk(t, collect.Options{}, dir)
	if len(c.Hosts) != 1 || len(c.Hosts[0].Members) != 2 {
		t.Fatal(show(c, dir))
	}
	if got := c.Hosts[0].Members[1].Notes[0]; got != "120 other files hold nothing that is read here: 120 .dll" {
		t.Error(got)
	}
}

// TestEndedWhileRead: a file that lies where it is read from cannot be read on, nor is it hashed again, when the hunt was ended.
func TestEndedWhileRead(t *testing.T) {
	p := filepath.Join(files{"disk.raw": make([]byte, 3<<20)}.write(t), "disk.raw")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	content, err := member(t, walk(t, collect.Options{}, p), "disk.raw").Open(ctx, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := content.ReadAt(make([]byte, 10), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("reading: %v", err)
	}
	if changed, err := content.Close(); changed != "" || err == nil || !strings.Contains(err.Error(), "not hashed again") {
		t.Errorf("closing: %q, %v", changed, err)
	}
}

// ending is a context that ends when it was asked a number of times.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestEndedWhileUnpacked: a member that takes long to unpack is given up when the hunt is ended, in place of being taken for a damaged one.
func TestEndedWhileUnpacked(t *testing.T) {
	content := make([]byte, 4<<20)
	for i := range content {
		content[i] = byte(i >> 9)
	}
	for _, limit := range []int64{1 << 16, 8 << 20} { // into a file, and into memory
		p := filepath.Join(files{"a.zip": files{"qmgr.db": content}.zip(t, zip.Deflate)}.write(t), "a.zip")
		m := member(t, walk(t, collect.Options{Limits: collect.Limits{Memory: limit, Unfold: 4 << 30}}, p), "qmgr.db")
		for left := range 200 {
			content, err := m.Open(&ending{t.Context(), left}, limit)
			switch {
			case err == nil && left < 3:
				t.Errorf("within %d bytes of memory: after %d looks at the context it was not given up", limit, left)
			case err == nil && content.Damage != "":
				t.Errorf("within %d bytes of memory: after %d looks it is taken for damaged: %s", limit, left, content.Damage)
			case err == nil:
				_, _ = content.Close()
			case !strings.Contains(err.Error(), "canceled"):
				t.Errorf("within %d bytes of memory: after %d looks it ended with %v", limit, left, err)
			}
		}
	}
}
