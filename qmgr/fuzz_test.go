// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
	"github.com/openbits/openbits/internal/qmgrtest"
	"github.com/openbits/openbits/qmgr"
)

// Run these with -fuzzminimizetime=5x: inputs are large, and minimizing each would take the time away.

// maxInput and maxMemory are what a hostile input may cost: 1 MiB never takes more than 256 MiB.
const maxInput, maxMemory = 1 << 20, 256 << 20

// use reads everything that a queue offers.
func use(t *testing.T, q *qmgr.Queue, size int) {
	t.Helper()
	check := func(p qmgr.Place) {
		if p.Layer == "" || p.Size < 0 || p.Offset < 0 || p.Offset > int64(size) {
			t.Errorf("place %+v in %d bytes", p, size)
		}
	}
	for _, list := range [][]*qmgr.Job{q.Jobs, q.Fragments} {
		for _, j := range list {
			check(j.Place)
			j.Odd()
			j.Openbits()
			if (j.ID == qmgr.GUID{}) != j.HeadLost {
				t.Errorf("a job without an id at %d", j.Place.Offset)
			}
			if !j.Whole() && j.Place.Cut == "" && !j.HeadLost {
				t.Errorf("job %s is not whole, and nothing says why", j.ID)
			}
		}
	}
	for _, f := range q.Files {
		check(f.Place)
	}
	for _, h := range q.Histories() {
		if h.Best == nil || len(h.Versions) == 0 {
			t.Errorf("history %s is empty", h.ID)
		}
	}
	q.Loose()
}

// within fails when f takes more memory than an input may cost.
func within(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4*maxMemory {
		t.Errorf("%d MiB were allocated", used>>20)
	}
}

func seeds(f *testing.F) {
	for _, g := range qmgrtest.Generations {
		j := rich()
		f.Add(j.Bytes(g))
		f.Add(j.Bytes(g)[:700])
		if g.Database {
			f.Add(j.Files[2].Bytes(g))
			j.Type, j.TwoMarkers = qmgrtest.Upload, true
			f.Add(j.Bytes(g))
		}
	}
	f.Add(rich().Bytes(qmgrtest.GenerationOf("win7"))[200:])
}

// FuzzRecord reads records by themselves and in anything.
func FuzzRecord(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxInput {
			return
		}
		within(t, func() {
			if q, err := qmgr.Read(bytes.NewReader(data), int64(len(data)), qmgr.Options{}); err == nil {
				use(t, q, len(data))
			}
		})
	})
}

// FuzzLegacy reads queue files.
func FuzzLegacy(f *testing.F) {
	for _, key := range []string{"xp", "win7", "win81", "win10-1511"} {
		f.Add(qmgrtest.Queue{Generation: qmgrtest.GenerationOf(key), Jobs: []qmgrtest.Job{rich(), rich()}, Over: []qmgrtest.Job{rich(), rich(), rich()}}.Bytes()[:9000])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxInput {
			return
		}
		within(t, func() {
			if q, err := qmgr.Read(bytes.NewReader(data), int64(len(data)), qmgr.Options{}); err == nil {
				use(t, q, len(data))
			}
		})
	})
}

// FuzzRead puts a record that was fuzzed into a database, as a row, as a former state and as what is left of one, and damages it.
func FuzzRead(f *testing.F) {
	g := qmgrtest.GenerationOf("win11-24h2")
	f.Add(rich().Bytes(g), rich().Files[0].Bytes(g), uint32(0), byte(0))
	f.Add(rich().Bytes(g)[:1500], rich().Files[1].Bytes(g)[:100], uint32(81000), byte(4))
	f.Fuzz(func(t *testing.T, job, file []byte, at uint32, flip byte) {
		if len(job) > 60_000 || len(file) > 4000 {
			return
		}
		data := databaseWith(job, file)
		data[int(at)%len(data)] ^= flip
		within(t, func() {
			if q, err := qmgr.Read(bytes.NewReader(data), int64(len(data)), qmgr.Options{}); err == nil {
				use(t, q, len(data))
			}
		})
	})
}

func databaseWith(job, file []byte) []byte {
	var chunks [][]byte
	for c := range slices.Chunk(job, 4050) {
		chunks = append(chunks, c)
	}
	row := func(id byte, header byte, value []byte) esetest.Node {
		b := append([]byte{1, 0x7f, 0x15, 0}, bytes.Repeat([]byte{id}, 16)...)
		b = append(b, 0xfe, 0, 1, 4, 0, header)
		return esetest.Node{Key: []byte{0x7f, id}, Data: append(b, value...)}
	}
	columns := []esetest.Column{{ID: 1, Name: "Id", Type: 16, Size: 16}, {ID: 256, Name: "Blob", Type: 11}}
	return esetest.Database{PageSize: 16384, State: 2, Generations: [2]uint32{1, 2}, Build: 26100, Tables: []esetest.Table{
		{
			Name: "Jobs", Columns: columns, Rows: []esetest.Node{row(1, 5, []byte{1, 0, 0, 0})}, Stale: []esetest.Node{row(2, 5, []byte{2, 0, 0, 0})},
			LongValues:  []esetest.Value{{ID: 1, RefCount: 1, Chunks: chunks}, {ID: 2, Chunks: chunks}},
			StaleValues: []esetest.Value{{ID: 3, Chunks: chunks}},
		},
		{Name: "Files", Columns: columns, Rows: []esetest.Node{row(3, 1, file)}, Stale: []esetest.Node{row(4, 1, file)}},
	}}.Bytes()
}

// FuzzCarve finds records in anything, several of them in a row.
func FuzzCarve(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxInput/4 {
			return
		}
		data = slices.Concat(data, []byte{1, 2, 3}, data)
		within(t, func() {
			last := int64(-1)
			for x, err := range qmgr.Carve(bytes.NewReader(data), int64(len(data)), qmgr.Options{Fragments: true}) {
				if err != nil {
					t.Fatal(err)
				}
				p := qmgr.Place{}
				if x.Job != nil {
					p = x.Job.Place
				} else {
					p = x.File.Place
				}
				if p.Offset < last || p.Offset+int64(p.Size) > int64(len(data)) {
					t.Errorf("place %+v after %d", p, last)
				}
				last = p.Offset
			}
		})
	})
}

// Inputs that are made of nothing but markers, or that claim as much as they can, cost no more than others.
func TestHostile(t *testing.T) {
	g := qmgrtest.GenerationOf("win11-24h2")
	b := rich().Bytes(g)
	transfer := []byte{0x36, 0xDA, 0x56, 0x77, 0x6F, 0x51, 0x5A, 0x43, 0xAC, 0xAC, 0x44, 0xA2, 0x48, 0xFF, 0xF3, 0x4D}
	file := rich().Files[0].Bytes(g)
	head := bytes.Clone(b[:0x60])
	head[0x30], head[0x31], head[0x32], head[0x33] = 0xff, 0x7f, 0, 0
	for name, unit := range map[string][]byte{
		"markers": b[:16], "transfer markers": transfer, "file markers": file[:16], "heads": head, "records": b, "files": file,
		"descriptors":  slices.Concat([]byte{20, 0, 0, 0, 1, 0, 0, 0x80}, make([]byte, 16), transfer),
		"ends":         b[len(b)-200:],
		"rests":        b[bytes.Index(b, transfer):],
		"file starts":  file[:100],
		"half records": b[:len(b)/2],
		"queue":        qmgrtest.Queue{Generation: qmgrtest.GenerationOf("win10-1511"), Jobs: []qmgrtest.Job{rich()}}.Bytes()[:3000],
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.Repeat(unit, maxInput/len(unit))
			within(t, func() {
				if q, err := qmgr.Read(bytes.NewReader(data), int64(len(data)), qmgr.Options{}); err == nil {
					use(t, q, len(data))
				}
			})
		})
	}
}
