// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"slices"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

func TestSlack(t *testing.T) {
	for _, size := range []int{4096, 16384} {
		p := newPage(esetest.Page{
			Size: size, Number: 5, Object: 20, Flags: 0x2802,
			Nodes: []esetest.Node{{Key: []byte("k1"), Data: []byte("live")}},
			Stale: []esetest.Node{{Key: []byte("k2"), Data: []byte("gone one")}, {Key: []byte("k3"), Data: []byte("gone two")}},
		}.Bytes(), 5, 0)
		if p.Status != PageGood {
			t.Fatal(p.Damage())
		}
		var all []byte
		for _, r := range p.Slack() {
			all = append(all, p.Data[r.Start:r.Start+r.Size]...)
		}
		for _, want := range []string{"gone one", "gone two"} {
			if !bytes.Contains(all, []byte(want)) {
				t.Errorf("pages of %d: the slack lacks %q", size, want)
			}
		}
		if bytes.Contains(all, []byte("live")) {
			t.Errorf("pages of %d: a node in use is slack", size)
		}
		var keys []string
		for n := range p.Remains() {
			keys = append(keys, string(n.Key)+string(n.Data))
		}
		if !slices.Equal(keys, []string{"k2gone one", "k3gone two"}) {
			t.Errorf("pages of %d: remains %q", size, keys)
		}
	}
}

// TestCorpusSlack: every record that truth found in slack lies in the slack of a page, or in its remains.
func TestCorpusSlack(t *testing.T) {
	for _, name := range samples {
		data, want := sample(t, name)
		db := open(t, data)
		in := func(off int64) bool {
			p, err := db.Page(uint32(off/16384) - 1)
			if err != nil {
				t.Fatal(err)
			}
			at := int(off - p.Offset)
			for _, r := range p.Slack() {
				if at >= r.Start && at < r.Start+r.Size {
					return true
				}
			}
			return false
		}
		for _, b := range append(want.Jobs, want.Files...) {
			if slack := b.Origin == "slack"; in(b.Offset) != slack {
				t.Errorf("%s: the record at %d is %s, but in slack: %v", name, b.Offset, b.Origin, !slack)
			}
		}
	}
}

func TestUnreferenced(t *testing.T) {
	data := esetest.Sample(4096, false).Bytes()
	db := open(t, data)
	for p, err := range db.Unreferenced() {
		t.Errorf("page %d, %v", p.Number, err)
	}
	number := uint32(len(data)/4096 - 1)
	data = append(data, esetest.Page{Size: 4096, Number: number, Object: 8, Flags: 0x280a}.Bytes()...)
	var got []uint32
	for p, err := range open(t, data).Unreferenced() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Number)
	}
	if !slices.Equal(got, []uint32{number}) {
		t.Errorf("pages %v, want %d", got, number)
	}
}
