// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package bitsup_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/bitsup"
)

// pass makes time pass for the server.
func (s *site) pass(d time.Duration) { s.ahead.Add(int64(d)) }

// TestOneWriter: a file is written by one session. Another client waits for it to end; the same client, which
// may have forgotten its session, takes over when that has been idle.
func TestOneWriter(t *testing.T) {
	s := newSite(t, signed(bitsup.Options{}))
	w := s.dial()
	open := func(user string, status int) string {
		t.Helper()
		g := w.send(as(user, createPacket("/a"))).want(t, status)
		if status == 503 && (g.headers.Get("BITS-Error-Code") != "0x80070020" || g.headers.Get("Retry-After") == "") {
			t.Errorf("%s is told\n%s", user, g.head)
		}
		return g.headers.Get("BITS-Session-Id")
	}
	early := open("bob", 200)
	first := open("alice", 200)
	w.send(as("alice", fragmentPacket("/a", first, 0, 10, "01234"))).want(t, 200, 5)
	w.send(as("bob", fragmentPacket("/a", early, 0, 10, "xxxxx"))).want(t, 503)
	open("bob", 503)
	open("alice", 503)
	s.pass(time.Hour)
	open("bob", 503)
	second := open("alice", 200)
	w.send(as("alice", fragmentPacket("/a", first, 0, 10, "01234"))).want(t, 416, 5) // still there
	w.send(as("alice", fragmentPacket("/a", second, 0, 6, "abc"))).want(t, 200, 3)
	w.send(as("alice", fragmentPacket("/a", first, 5, 10, "56789"))).want(t, 500) // not any more
	w.send(as("alice", fragmentPacket("/a", second, 3, 6, "def"))).want(t, 200, 6)
	s.is("a", "abcdef")
	w.send(as("bob", fragmentPacket("/a", early, 0, 10, "xxxxx"))).want(t, 403)
	if left := s.staged(".data"); len(left) != 0 {
		t.Errorf("data is left: %q", left)
	}
}

// TestOverwrite: the file is replaced by the last fragment, at once, and a second session may follow the first.
func TestOverwrite(t *testing.T) {
	s := newSite(t, bitsup.Options{Overwrite: true, MakeFolders: true})
	w := s.dial()
	for _, content := range []string{"0123456789", "abcdefgh", ""} {
		id := w.create("/new/deep/a")
		if content == "" {
			w.send(request("/new/deep/a", "", "BITS-Packet-Type: Fragment", "BITS-Session-Id: "+id, "Content-Range: bytes */0", "Content-Length: 0")).want(t, 200, 0)
		} else {
			w.fragment("/new/deep/a", id, 0, len(content), content[:5]).want(t, 200, 5)
			w.fragment("/new/deep/a", id, 5, len(content), content[5:]).want(t, 200, len(content))
		}
		s.is("new/deep/a", content)
		// Not closed: the next one need not wait for that.
	}
}

// TestTimeout: a session without progress ends with its data; one with progress does not.
func TestTimeout(t *testing.T) {
	s := newSite(t, bitsup.Options{SessionTimeout: time.Hour})
	w := s.dial()
	idle, busy := w.create("/idle"), w.create("/busy")
	w.fragment("/idle", idle, 0, 10, "01234").want(t, 200, 5)
	w.fragment("/busy", busy, 0, 10, "01").want(t, 200, 2)
	s.pass(40 * time.Minute)
	w.fragment("/busy", busy, 2, 10, "234").want(t, 200, 5)
	s.restart()
	w = s.dial()
	s.pass(40 * time.Minute)
	s.server.Sweep()
	w.fragment("/idle", idle, 5, 10, "56789").want(t, 500)
	w.fragment("/busy", busy, 5, 10, "56789").want(t, 200, 10)
	if left := s.staged(""); len(left) != 1 { // the record of the one that is over
		t.Errorf("there is %q", left)
	}
}

// TestTombstones: what is over is answered for a day, in this run of the server and the next, and then forgotten.
func TestTombstones(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	closed, cancelled := w.create("/closed"), w.create("/cancelled")
	w.fragment("/closed", closed, 0, 3, "abc").want(t, 200, 3)
	w.close("/closed", closed).want(t, 200)
	w.fragment("/cancelled", cancelled, 0, 3, "a").want(t, 200, 1)
	w.cancel("/cancelled", cancelled).want(t, 200)
	for range 2 {
		w.fragment("/closed", closed, 0, 3, "abc").want(t, 200, 3)
		w.close("/closed", closed).want(t, 200)
		w.cancel("/cancelled", cancelled).want(t, 200)
		w.fragment("/cancelled", cancelled, 1, 3, "bc").want(t, 500)
		s.restart()
		w = s.dial()
	}
	s.pass(25 * time.Hour)
	s.server.Sweep()
	w.close("/closed", closed).want(t, 500)
	w.cancel("/cancelled", cancelled).want(t, 500)
	s.is("closed", "abc")
	if left := s.staged(""); len(left) != 0 {
		t.Errorf("there is %q", left)
	}
}

// TestManyOver: only so many sessions that are over are remembered.
func TestManyOver(t *testing.T) {
	s := newSite(t, bitsup.Options{Sessions: 3, Overwrite: true})
	w := s.dial()
	for range 10 {
		id := w.create("/a")
		w.fragment("/a", id, 0, 3, "abc").want(t, 200, 3)
		w.close("/a", id).want(t, 200)
	}
	if _, _, over := s.server.Counts(); over != 3 || len(s.staged(".session")) != 3 {
		t.Errorf("%d sessions are remembered, with %d records; want 3", over, len(s.staged(".session")))
	}
}

// TestNothingCrowdsOut: sessions that received nothing leave no memory, which would take the place of others'.
func TestNothingCrowdsOut(t *testing.T) {
	s := newSite(t, bitsup.Options{Sessions: 3})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 3, "abc").want(t, 200, 3)
	for range 10 {
		w.cancel("/b", w.create("/b")).want(t, 200)
	}
	w.close("/a", id).want(t, 200)
}

// TestQuota: the quota holds for all that is in the folder, and room that becomes free is found.
func TestQuota(t *testing.T) {
	s := newSite(t, bitsup.Options{Quota: 1000, MaxFragment: 5120})
	w := s.dial()
	full := strings.Repeat("x", 900)
	if err := os.WriteFile(s.path("other"), []byte(full), 0o600); err != nil {
		t.Fatal(err)
	}
	s.server.Sweep() // notices it
	id := w.create("/a")
	g := w.fragment("/a", id, 0, 200, full[:100]).want(t, 500)
	if g.headers.Get("BITS-Error-Code") != "0x80070070" {
		t.Errorf("told %s", g.headers.Get("BITS-Error-Code"))
	}
	if err := os.Remove(s.path("other")); err != nil {
		t.Fatal(err)
	}
	w.fragment("/a", id, 0, 200, full[:100]).want(t, 500) // counted just now
	s.pass(2 * time.Minute)
	w.fragment("/a", id, 0, 200, full[:100]).want(t, 200, 100)
	w.fragment("/a", id, 100, 200, full[:100]).want(t, 200, 200)
}

// TestTampered: a session whose data somebody has shortened is not gone on with.
func TestTampered(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "01234").want(t, 200, 5)
	if err := os.Truncate(s.staged(".data")[0], 3); err != nil {
		t.Fatal(err)
	}
	w.fragment("/a", id, 5, 10, "56789").want(t, 500)
	s.absent("a")
	if left := s.staged(""); len(left) != 0 {
		t.Errorf("there is %q", left)
	}
}

// TestUnacknowledgedTail: what follows the acknowledged bytes, a fragment that a crash cut off, is not taken for the file's.
func TestUnacknowledgedTail(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "01234").want(t, 200, 5)
	s.scribble(".data", 5, "garbage of a crash")
	s.restart()
	w = s.dial()
	w.fragment("/a", id, 8, 10, "89").want(t, 416, 5)
	w.fragment("/a", id, 5, 10, "56789").want(t, 200, 10)
	s.is("a", "0123456789")
}

// TestTornRecord: when the newest version of a record is torn, the one before counts.
func TestTornRecord(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "01").want(t, 200, 2)
	w.fragment("/a", id, 2, 10, "23").want(t, 200, 4)
	s.scribble(".session", 20, "torn") // the second version is the first in the file
	s.restart()
	w = s.dial()
	w.fragment("/a", id, 9, 10, "9").want(t, 416, 2)
	w.fragment("/a", id, 2, 10, "23456789").want(t, 200, 10)
	s.is("a", "0123456789")
}

// TestRecordBeforeData: data and record are synced at the same time. When a crash leaves the record without the data,
// the fragment was not acknowledged, and the session is where it was before it.
func TestRecordBeforeData(t *testing.T) {
	for name, harm := range map[string]func(data string) error{
		"missing": func(data string) error { return os.Truncate(data, 4) },
		"partly":  func(data string) error { return os.Truncate(data, 3) },
		"zeros": func(data string) error {
			return errors.Join(os.Truncate(data, 2), os.Truncate(data, 5))
		},
	} {
		s := newSite(t, bitsup.Options{})
		w := s.dial()
		id := w.create("/a")
		w.fragment("/a", id, 0, 10, "01").want(t, 200, 2)
		w.fragment("/a", id, 2, 10, "234").want(t, 200, 5)
		if err := harm(s.staged(".data")[0]); err != nil {
			t.Fatal(err)
		}
		s.restart()
		w = s.dial()
		t.Log(name)
		w.fragment("/a", id, 9, 10, "9").want(t, 416, 2)
		w.fragment("/a", id, 2, 10, "2345").want(t, 200, 6)
		s.restart()
		w = s.dial()
		w.fragment("/a", id, 6, 10, "6789").want(t, 200, 10)
		s.is("a", "0123456789")
	}
}

// TestInterruptedPublication: a crash between the renaming and the note of it is settled by what is there.
func TestInterruptedPublication(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	w := s.dial()
	id := w.create("/a")
	w.fragment("/a", id, 0, 10, "0123456789").want(t, 200, 10)
	f, err := os.OpenFile(s.staged(".session")[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("torn"), 20) // "done", so that "publishing" counts
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	s.restart()
	w = s.dial()
	w.fragment("/a", id, 0, 10, "0123456789").want(t, 200, 10)
	w.close("/a", id).want(t, 200)
	s.is("a", "0123456789")
}

// TestTwoServers: a folder has one server.
func TestTwoServers(t *testing.T) {
	s := newSite(t, bitsup.Options{})
	_, err := bitsup.New(bitsup.Options{Dir: s.dir})
	if !errors.Is(err, openbits.KindServiceRunning) {
		t.Errorf("a second server says %v", err)
	}
	if _, err := bitsup.New(bitsup.Options{Dir: s.path("missing")}); !errors.Is(err, openbits.KindFolderMissing) {
		t.Errorf("a server without a folder says %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/"+bitsup.StateDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bitsup.New(bitsup.Options{Dir: dir}); !errors.Is(err, openbits.KindUnsafePath) {
		t.Errorf("a server without a place of its own says %v", err)
	}
	for _, o := range []bitsup.Options{
		{MaxFragment: 100},
		{MaxSize: -1},
		{SessionTimeout: -1},
		{NotifyMode: "maybe"},
		{NotifyMode: bitsup.NotifyByValue},
		{HostID: strings.Repeat("x", 301)},
		{HostIDFallback: 1},
	} {
		o.Dir = dir
		if _, err := bitsup.New(o); !errors.Is(err, openbits.KindInvalidArgument) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestReplacedBytes: what is replaced makes room in the quota.
func TestReplacedBytes(t *testing.T) {
	s := newSite(t, bitsup.Options{Overwrite: true, Quota: 200 << 10})
	upload := func(path string, size int) int {
		w := s.dial()
		id := w.create(path)
		g := w.fragment(path, id, 0, size, strings.Repeat("x", size))
		if g.status == 200 {
			w.close(path, id).want(t, 200)
		}
		return g.status
	}
	for range 10 {
		if status := upload("/a", 90<<10); status != 200 {
			t.Fatalf("replacing the file is answered %d", status)
		}
	}
	if status := upload("/b", 90<<10); status != 200 {
		t.Errorf("a second file is answered %d", status)
	}
	if status := upload("/c", 90<<10); status == 200 {
		t.Error("a third file has room")
	}
}
