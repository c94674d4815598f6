// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
)

func digest(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// raw packs one member with a header of its own.
func raw(t testing.TB, h zip.FileHeader, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	m, err := w.CreateRaw(&h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestBadInputs: each is said, with what to do, and the queue beside it is read all the same.
func TestBadInputs(t *testing.T) {
	db := database()
	pad := func(s string, at, size int) []byte {
		b := make([]byte, size)
		copy(b[at:], s)
		return b
	}
	whole := files{kapeDB: db}.zip(t, zip.Deflate)
	for _, tt := range []struct {
		name   string
		file   string
		b      []byte
		status evidence.Status // when it is opened, where the walk does not say it
		note   string
	}{
		{"empty", "qmgr.db", nil, evidence.Failed, "it is empty"},
		{"empty log", "x.evtx", nil, evidence.Failed, "it is empty"},
		{"VHDX", "disk.vhdx", pad("vhdxfile", 0, 8192), evidence.Skipped, "a VHDX disk image: mount it read-only"},
		{"VHD of fixed size", "disk.vhd", pad("conectix", 8192-512, 8192), evidence.Skipped, "a VHD disk image: mount it read-only"},
		{"VHD", "disk.vhd", pad("conectix", 0, 8192), evidence.Skipped, "a VHD disk image: mount it read-only"},
		{"E01", "disk.E01", pad("EVF\x09\x0d\x0a\xff\x00", 0, 8192), evidence.Skipped, "ewfmount"},
		{"VMDK", "disk.vmdk", pad("KDMV", 0, 8192), evidence.Skipped, "a VMDK disk image"},
		{"7z", "case.7z", pad("7z\xbc\xaf\x27\x1c", 0, 512), evidence.Skipped, "7z x"},
		{"RAR", "case.rar", pad("Rar!\x1a\x07", 0, 512), evidence.Skipped, "unrar x"},
		{"tar", "case.tar", pad("ustar", 257, 1024), evidence.Skipped, "tar -xf"},
		{"tar.gz", "uac-host-20240506.tar.gz", pad("\x1f\x8b\x08", 0, 512), evidence.Skipped, "tar -xzf"},
		{"a queue without its header", "qmgr.db", bytes.Repeat([]byte("noise"), 2000), "", "it is named like a queue"},
		{"a log without its header", "x.evtx", bytes.Repeat([]byte("noise"), 2000), "", "not those of an event log"},
		{"a disk image", "disk.dd", pad("\x55\xaa", 510, 1<<20), evidence.Skipped, "name it itself to have it searched"},
		{"no archive", "x.zip", []byte("this is none"), evidence.Failed, "no whole zip archive"},
		{"an archive that is cut off", "cut.zip", whole[:len(whole)/2], evidence.Failed, "no whole zip archive"},
		{"an empty archive", "x.zip", files{}.zip(t, zip.Store), "", "there is nothing in it"},
		{"a password", "x.zip", raw(t, zip.FileHeader{Name: "qmgr.db", Flags: 1, Method: zip.Store, UncompressedSize64: 3, CompressedSize64: 3}, []byte("abc")), evidence.Failed, "a password protects 1 of its 1 members"},
		{"an unknown method", "x.zip", raw(t, zip.FileHeader{Name: "qmgr.db", Method: 9, UncompressedSize64: 3, CompressedSize64: 3}, []byte("abc")), evidence.Partial, "Deflate64, which is not read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := files{tt.file: tt.b, "PC1/" + kapeDB: db}.write(t)
			c := walk(t, collect.Options{}, dir)
			if m := member(t, c, "PC1/"+kapeDB); m.Kind != collect.QueueDB || m.Status != "" {
				t.Errorf("the queue beside it is %s, %s", m.Kind, m.Status)
			}
			m := member(t, c, "case/"+tt.file)
			if m.Status != tt.status || !strings.Contains(strings.Join(m.Notes, "; "), tt.note) {
				t.Errorf("got %q, %q", m.Status, m.Notes)
			}
		})
	}
}

// TestBadMembers: what is wrong shows when the member is unpacked.
func TestBadMembers(t *testing.T) {
	db := database()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	m, err := w.Create("qmgr.db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Write(db); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	off, err := z.File[0].DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	deflated := packed.Bytes()[off : off+int64(z.File[0].CompressedSize64)]
	header := func(size uint64) zip.FileHeader {
		return zip.FileHeader{Name: "qmgr.db", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(db), UncompressedSize64: size, CompressedSize64: uint64(len(deflated))}
	}
	wrong := header(uint64(len(db)))
	wrong.CRC32++
	for _, tt := range []struct {
		name  string
		zip   []byte
		err   string
		noted string
	}{
		{"a bomb", files{"qmgr.db": make([]byte, 9<<20)}.zip(t, zip.Deflate), "zip bomb", ""},
		{"a wrong checksum", raw(t, wrong, deflated), "", "checksum error"},
		{"less than it says", raw(t, header(uint64(len(db))+100), deflated), "", "bytes"},
		{"more than it says", raw(t, header(uint64(len(db))-100), deflated), "", "bytes"},
		{"far more than it says", raw(t, header(4096), deflated), "not a valid zip file", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "x.zip")
			if err := os.WriteFile(p, tt.zip, 0o644); err != nil {
				t.Fatal(err)
			}
			c := walk(t, collect.Options{Limits: collect.Limits{Unfold: 8 << 20, Ratio: 1}}, p)
			content, err := member(t, c, "qmgr.db").Open(t.Context(), 0)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer content.Close()
			if !strings.Contains(content.Damage, tt.noted) {
				t.Errorf("got %q", content.Damage)
			}
		})
	}
}

// TestNamed: what was named itself is taken, or refused with a reason, whatever it is.
func TestNamed(t *testing.T) {
	dir := files{"noise.bin": bytes.Repeat([]byte("noise"), 2000), "disk.dd": append(make([]byte, 510), 0x55, 0xaa), "empty": nil}.write(t)
	for _, tt := range []struct {
		file   string
		status evidence.Status
		kind   collect.Kind
		note   string
	}{
		{"noise.bin", "", collect.Raw, "its kind is not known: it is searched"},
		{"disk.dd", "", collect.Raw, "it is an image of a disk or volume: it is searched byte by byte"},
		{"empty", evidence.Failed, collect.Other, "it is empty"},
		{"absent", evidence.Failed, "", "no such file"},
	} {
		m := member(t, walk(t, collect.Options{}, filepath.Join(dir, tt.file)), tt.file)
		if m.Status != tt.status || m.Kind != tt.kind || len(m.Notes) != 1 || !strings.Contains(m.Notes[0], tt.note) {
			t.Errorf("%s: got %q %q %q", tt.file, m.Status, m.Kind, m.Notes)
		}
	}
}

// TestUnreadable: a file that may not be read fails by itself.
func TestUnreadable(t *testing.T) {
	dir := files{"qmgr.db": database(), "PC1/" + kapeDB: database()}.write(t)
	p := filepath.Join(dir, "qmgr.db")
	if err := os.Chmod(p, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(p); err == nil {
		f.Close()
		t.Skip("this user may read everything")
	}
	c := walk(t, collect.Options{}, dir)
	if m := member(t, c, "case/qmgr.db"); m.Status != evidence.Failed || !strings.Contains(m.Notes[0], "permission denied") {
		t.Errorf("got %s %v", m.Status, m.Notes)
	}
	if m := member(t, c, "PC1/"+kapeDB); m.Status != "" {
		t.Errorf("the other is %s", m.Status)
	}
}

// TestOfficeInZip: what looks like a document in an archive does not hide the evidence beside it.
func TestOfficeInZip(t *testing.T) {
	b := files{"META-INF/MANIFEST.MF": []byte("x"), kapeDB: database()}.zip(t, zip.Deflate)
	dir := files{"case/PC1.zip": b, "case/a.jar": b, "b.jar": b}.write(t)
	c := walk(t, collect.Options{}, filepath.Join(dir, "case"), filepath.Join(dir, "b.jar"))
	for _, name := range []string{"PC1.zip!/" + kapeDB, "b.jar!/" + kapeDB} {
		if m := member(t, c, name); m.Kind != collect.QueueDB || m.Status != "" {
			t.Errorf("%s is %s, %s", name, m.Kind, m.Status)
		}
	}
	if m := member(t, c, "a.jar"); m.Status != "skipped" {
		t.Errorf("a.jar is %s", m.Status)
	}
}

// TestNamedLikeNobody: a folder named as what belongs to no computer is a computer, so that its evidence is judged.
func TestNamedLikeNobody(t *testing.T) {
	dir := files{"(No Host)/" + kapeDB: database(), "PC2/" + kapeDB: database()}.write(t)
	c := walk(t, collect.Options{}, dir)
	if len(c.Hosts) != 2 || c.Hosts[0].Name != "PC2" || c.Hosts[1].Name != "unnamed" {
		t.Errorf("got %s", show(c, dir))
	}
}

// TestLargeWreck: a file that is named like evidence, holds something else and is too large to be searched unasked has a line that says so.
func TestLargeWreck(t *testing.T) {
	dir := files{"qmgr.db": []byte("no queue")}.write(t)
	p := filepath.Join(dir, "qmgr.db")
	if err := os.Truncate(p, 600<<20); err != nil {
		t.Skipf("no file of that size can be made: %v", err)
	}
	if m := member(t, walk(t, collect.Options{}, dir), "qmgr.db"); m.Status != "skipped" || len(m.Notes) != 1 {
		t.Errorf("it is %s: %v", m.Status, m.Notes)
	}
}
