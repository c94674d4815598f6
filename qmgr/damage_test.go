// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/openbits/openbits/ese"
)

const pageSize = 16384

// ids are the jobs and the files' URLs that were found, by layer or at all.
func ids(q *Queue, layers ...Layer) map[string]bool {
	set := map[string]bool{}
	in := func(l Layer) bool {
		for _, x := range layers {
			if l == x {
				return true
			}
		}
		return len(layers) == 0
	}
	for _, j := range q.Jobs {
		if in(j.Place.Layer) {
			set[j.ID.String()] = true
		}
	}
	for _, f := range q.Files {
		if in(f.Place.Layer) {
			set[f.URL+" "+f.Local] = true
		}
	}
	return set
}

func missing(want, got map[string]bool) []string {
	var list []string
	for k := range want {
		if !got[k] {
			list = append(list, k)
		}
	}
	return list
}

func told(q *Queue, text string) bool {
	for _, err := range q.Notes {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// Whatever is done to a database, what is still in it is found and labelled, and the rest is said.
func TestDamagedDatabases(t *testing.T) {
	for _, name := range databases {
		data := sample(t, name)
		whole := readBytes(t, data)
		all, live := ids(whole), ids(whole, LayerLive)
		same := func(t *testing.T, q *Queue) {
			t.Helper()
			if m := missing(all, ids(q)); len(m) > 0 {
				t.Errorf("%d of %d are missing: %v", len(m), len(all), m)
			}
			if m := missing(ids(q), all); len(m) > 0 {
				t.Errorf("%d ghosts: %v", len(m), m)
			}
		}
		run := func(what string, change func(b []byte) []byte, check func(t *testing.T, q *Queue)) {
			t.Run(name+"/"+what, func(t *testing.T) { check(t, readBytes(t, change(bytes.Clone(data)))) })
		}
		run("headers wiped", func(b []byte) []byte {
			clear(b[:2*pageSize])
			return b
		}, func(t *testing.T, q *Queue) {
			same(t, q)
			if m := missing(live, ids(q, LayerLive)); len(m) > 0 || !told(q, "header") {
				t.Errorf("not live any more: %v; notes %v", m, q.Notes)
			}
		})
		run("catalog gone", func(b []byte) []byte {
			for _, page := range catalogPages(t, data) {
				clear(b[(page+1)*pageSize : (page+2)*pageSize])
			}
			return b
		}, func(t *testing.T, q *Queue) {
			same(t, q)
			if m := missing(live, ids(q, LayerLive)); len(m) > 0 || !told(q, "catalog") {
				t.Errorf("not live any more: %v; notes %v", m, q.Notes)
			}
		})
		run("loose pages", scatter, func(t *testing.T, q *Queue) {
			same(t, q)
			if m := missing(live, ids(q, LayerLive)); len(m) > 0 || !told(q, "loose") {
				t.Errorf("not live any more: %v; notes %v", m, q.Notes)
			}
		})
		run("tables gone", func(b []byte) []byte {
			clear(b[32*pageSize : 34*pageSize]) // pages 31 and 32: the roots of both tables, with the rows and what is left of rows
			return b
		}, func(t *testing.T, q *Queue) {
			jobs := 0
			for _, j := range q.Jobs {
				if j.Place.Layer == LayerVersion {
					jobs++
				}
			}
			if len(q.Notes) == 0 || jobs < 10 {
				t.Errorf("%d jobs in versions, notes %v", jobs, q.Notes)
			}
		})
		run("cut", func(b []byte) []byte { return b[:52*pageSize+1000] }, func(t *testing.T, q *Queue) {
			if len(q.Jobs) < 10 || !told(q, "cut") || len(missing(ids(q), all)) > 0 {
				t.Errorf("%d jobs, ghosts %v, notes %v", len(q.Jobs), missing(ids(q), all), q.Notes)
			}
		})
	}
}

// catalogPages lists the pages of the catalog and its copy.
func catalogPages(t *testing.T, data []byte) []int {
	t.Helper()
	db, err := ese.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for p, err := range db.Pages() {
		if err == nil && (p.ObjectID == 2 || p.ObjectID == 3) { // MSysObjects, MSysObjectsShadow
			list = append(list, int(p.Number))
		}
	}
	if len(list) < 2 {
		t.Fatal("the catalog was not found")
	}
	return list
}

// scatter puts the pages of a database, without the headers, in any order between random bytes.
func scatter(b []byte) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	var out []byte
	for _, i := range rnd.Perm(len(b)/pageSize - 2) {
		noise := make([]byte, rnd.IntN(700))
		for k := range noise {
			noise[k] = byte(rnd.Uint32())
		}
		out = append(out, noise...)
		out = append(out, b[(i+2)*pageSize:(i+3)*pageSize]...)
	}
	return out
}

// Wrong bits never bring a job that is not there, and cost at most what they hit.
func TestBitFlips(t *testing.T) {
	for _, name := range databases {
		data := sample(t, name)
		whole := readBytes(t, data)
		known := map[GUID]bool{}
		for _, j := range whole.Jobs {
			known[j.ID] = true
		}
		rnd := rand.New(rand.NewPCG(3, 4))
		for range 8 {
			b := bytes.Clone(data)
			for range 200 {
				b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
			}
			q := readBytes(t, b)
			if len(q.Jobs) < len(whole.Jobs)/2 || len(q.Notes) == 0 {
				t.Errorf("%s: %d of %d jobs, notes %v", name, len(q.Jobs), len(whole.Jobs), q.Notes)
			}
			for _, j := range q.Jobs {
				if !known[j.ID] && !near(j.ID, known) {
					t.Errorf("%s: ghost %s %q at %d", name, j.ID, j.Name, j.Place.Offset)
				}
			}
		}
	}
}

// near reports whether an id is a known one with one wrong bit.
func near(id GUID, known map[GUID]bool) bool {
	for i := range id {
		for bit := range 8 {
			other := id
			other[i] ^= 1 << bit
			if known[other] {
				return true
			}
		}
	}
	return false
}

func TestCorpusDamaged(t *testing.T) {
	parent := readBytes(t, sample(t, "win10_22h2_qmgr.db"))
	q := readBytes(t, sample(t, "win10_22h2_two_pages_bitflip.db"))
	if m := missing(ids(parent), ids(q)); len(m) > 0 || len(q.Jobs) != len(parent.Jobs) {
		t.Errorf("two wrong bits cost %v", m)
	}
	q = readBytes(t, sample(t, "win11_21h2_pages_zeroed.db"))
	if len(q.Jobs)+len(q.Files) > 0 || len(q.Notes) == 0 || q.Build != 22000 {
		t.Errorf("of a database of zero pages: %d jobs, build %d, notes %v", len(q.Jobs), q.Build, q.Notes)
	}
	t.Log(q.Notes)
}

// An input that holds nothing of a queue is an error.
func TestNoQueue(t *testing.T) {
	for _, b := range []string{"", "x", strings.Repeat("no queue ", 1000), strings.Repeat("\x00", 100_000)} {
		q, err := Read(strings.NewReader(b), int64(len(b)), Options{})
		if !errors.Is(err, ErrNoQueue) {
			t.Errorf("%d bytes: %v, %+v", len(b), err, q)
		}
	}
}
