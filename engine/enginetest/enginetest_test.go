// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package enginetest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/engine"
	"github.com/openbits/openbits/engine/enginetest"
)

var (
	_ engine.Mover    = (*enginetest.Mover)(nil)
	_ engine.Resetter = (*enginetest.Mover)(nil)
	_ engine.Sink     = (*enginetest.Disk)(nil)
)

// part is the strictest part: it fails whatever the contract of openbits.Part forbids.
type part struct {
	t     *testing.T
	head  openbits.Head
	data  []byte
	begun bool
	ended bool
}

func (p *part) Held() openbits.Head { return p.head }

func (p *part) Begin(h openbits.Head) error {
	if h.Offset != 0 && h.Offset != int64(len(p.data)) {
		p.t.Errorf("it begins at %d with %d bytes held", h.Offset, len(p.data))
	}
	p.data, p.head, p.begun = p.data[:h.Offset], h, true
	return nil
}

func (p *part) Write(b []byte) (int, error) {
	if !p.begun || p.ended {
		p.t.Error("it writes out of turn")
	}
	p.data = append(p.data, b...)
	p.head.Offset += int64(len(b))
	return len(b), nil
}

func (p *part) End() error {
	p.ended = true
	return nil
}

func TestMoverKeepsTheContract(t *testing.T) {
	const url = "http://example.org/x"
	body := []byte("abcdefghij")
	tests := map[string]struct {
		held openbits.Head
		page enginetest.Page
		from int64
	}{
		"nothing held":         {openbits.Head{}, enginetest.Page{Body: body, ETag: `"1"`}, 0},
		"the same version":     {openbits.Head{Offset: 4, Validator: openbits.Validator{ETag: `"1"`}}, enginetest.Page{Body: body, ETag: `"1"`}, 4},
		"another version":      {openbits.Head{Offset: 4, Validator: openbits.Validator{ETag: `"0"`}}, enginetest.Page{Body: body, ETag: `"1"`}, 0},
		"no validator":         {openbits.Head{Offset: 4}, enginetest.Page{Body: body}, 0},
		"more than there is":   {openbits.Head{Offset: 14, Validator: openbits.Validator{ETag: `"1"`}}, enginetest.Page{Body: body, ETag: `"1"`}, 0},
		"all of it is held":    {openbits.Head{Offset: 10, Validator: openbits.Validator{ETag: `"1"`}}, enginetest.Page{Body: body, ETag: `"1"`}, 10},
		"a page of no length":  {openbits.Head{}, enginetest.Page{ETag: `"1"`}, 0},
		"in very small chunks": {openbits.Head{}, enginetest.Page{Body: body, Chunk: 1, Pace: time.Second}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := enginetest.NewMover()
				m.Put(url, tt.page)
				p := &part{t: t, head: tt.held, data: slices.Concat(body, body)[:tt.held.Offset]}
				if err := m.Move(t.Context(), openbits.Transfer{URL: url}, p); err != nil || !p.ended || string(p.data) != string(tt.page.Body) {
					t.Errorf("moved %q, ended %v, error %v", p.data, p.ended, err)
				}
				if c := m.Calls(url); len(c) != 1 || c[0].From != tt.held.Offset || c[0].Ended.IsZero() {
					t.Errorf("the calls are %+v", c)
				}
			})
		})
	}
}

func TestMoverFollowsItsScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const url = "http://example.org/x"
		m := enginetest.NewMover()
		m.Put(url, enginetest.Page{Body: []byte("abcdefghij"), ETag: `"1"`, Chunk: 3})
		m.Script(url, enginetest.Attempt{Err: enginetest.Fail(openbits.KindTimeout, url)},
			enginetest.Attempt{Stop: 4, Break: enginetest.Fail(openbits.KindConnectionClosed, url)}, enginetest.Attempt{Stop: 2, Hang: true})
		p := &part{t: t}
		move := func(ctx context.Context) error { return m.Move(ctx, openbits.Transfer{URL: url}, p) }
		if err := move(t.Context()); !errors.Is(err, openbits.KindTimeout) || p.begun {
			t.Errorf("the first attempt ended with %v", err)
		}
		if err := move(t.Context()); !errors.Is(err, openbits.KindConnectionClosed) || string(p.data) != "abcd" {
			t.Errorf("the second attempt brought %q and %v", p.data, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := move(ctx); !errors.Is(err, context.DeadlineExceeded) || string(p.data) != "abcdef" {
			t.Errorf("the third attempt brought %q and %v", p.data, err)
		}
		if err := move(t.Context()); err != nil || string(p.data) != "abcdefghij" {
			t.Errorf("the fourth attempt brought %q and %v", p.data, err)
		}
		if err := m.Move(t.Context(), openbits.Transfer{URL: url + "y"}, &part{t: t}); !errors.Is(err, openbits.KindHTTP(404)) {
			t.Errorf("a page that is not there answers %v", err)
		}
	})
}

func TestDisk(t *testing.T) {
	ctx := t.Context()
	d := enginetest.NewDisk("/dl")
	f, err := d.Folder(ctx, "/dl")
	if err != nil {
		t.Fatal(err)
	}
	place := openbits.Place{Folder: f, Name: "x", Part: ".x.part"}
	open := func() openbits.PartFile {
		pf, err := d.Open(ctx, place)
		if err != nil {
			t.Fatal(err)
		}
		return pf
	}
	d.SetRoom(8)
	pf := open()
	if n, err := pf.WriteAt([]byte("0123456789"), 0); n != 8 || !errors.Is(err, openbits.KindDiskFull) {
		t.Errorf("a full disk took %d bytes, error %v", n, err)
	}
	if err := pf.Truncate(4); err != nil {
		t.Error(err)
	}
	if err := pf.Reserve(9); !errors.Is(err, openbits.KindDiskFull) {
		t.Errorf("reserving more than there is: %v", err)
	}
	p := openbits.Publication{Place: place, Inode: pf.Identity(), Size: 4}
	if err := pf.Close(); err != nil || d.OpenParts() != 0 {
		t.Errorf("%d parts are open, error %v", d.OpenParts(), err)
	}
	if _, err := pf.WriteAt([]byte("x"), 0); err == nil {
		t.Error("a closed part file was written")
	}
	for range 2 { // the second is the same as the first
		if err := d.Publish(ctx, []openbits.Publication{p})[0]; err != nil {
			t.Error(err)
		}
	}
	if got := d.Files("/dl"); string(got["x"]) != "0123" || len(d.Parts("/dl")) != 0 {
		t.Errorf("the folder has %q and %q", got, d.Parts("/dl"))
	}
	again := open()
	p.Inode, p.Size = again.Identity(), 0
	_ = again.Close()
	if err := d.Publish(ctx, []openbits.Publication{p})[0]; !errors.Is(err, openbits.KindFileExists) {
		t.Errorf("replacing without leave: %v", err)
	}
	d.Unmount("/dl")
	if _, err := d.Open(ctx, place); !errors.Is(err, openbits.KindFolderMissing) {
		t.Errorf("opening in a folder that is gone: %v", err)
	}
	if err := d.Discard(ctx, []openbits.Place{place}); err != nil {
		t.Error(err)
	}
	d.Mount("/dl")
	if len(d.Files("/dl")) != 1 || len(d.Parts("/dl")) != 1 {
		t.Error("the files did not come back")
	}
}
