// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgrtest

import (
	"bytes"
	"encoding/binary"

	"github.com/openbits/openbits/ese/esetest"
)

// Inline is the size from which on a value is kept in a tree of its own; a smaller one is in its row.
const Inline = 1024

const (
	pageSize  = 16384
	chunkSize = 4050 // bytes of a long value on one page
)

// Database is a queue database. States of jobs that are no more are told by Versions and Slack; a job may be in all three lists.
type Database struct {
	Generation Generation
	Jobs       []Job     // in the tables, with their files
	Versions   []Job     // in long values that no row points to any more, oldest first; rows of deleted jobs survive between other rows
	Slack      []Job     // on pages that were emptied
	Untied     bool      // nothing is left of deleted rows, which would tie a file to its job
	Dirty      bool      // state "dirty"; else "being converted"
	Logs       [2]uint32 // first and last log generation that are needed
	Repeat     bool      // Versions whose bytes are those of a live job are kept; else they are left out, as BITS writes only changes
}

// Bytes is the database. Windows does not attach it; see the package's comment.
func (d Database) Bytes() []byte {
	g := d.Generation
	jobs, files := d.tables()
	db := esetest.Database{
		PageSize: pageSize, Update: g.Update, State: 4, Generations: d.Logs, Reserved: g.Reserved, Build: g.Build, Computer: Computer,
		Tables: []esetest.Table{jobs.table, files.table},
	}
	if d.Dirty {
		db.State = 2
	}
	return db.Bytes()
}

// tables lays out both tables.
func (d Database) tables() (jobs, files *table) {
	jobs, files = d.newTable("Jobs"), d.newTable("Files")
	live := map[string]bool{}
	for _, j := range d.Jobs {
		live[j.ID] = true
		for _, f := range j.Files {
			live[f.ID] = true
		}
	}
	g := d.Generation
	for _, j := range d.Slack {
		jobs.old(j.ID, j.Bytes(g), true, !live[j.ID])
		for _, f := range j.Files {
			files.old(f.ID, f.Bytes(g), true, !live[f.ID])
		}
	}
	kept := d.keep()
	for i, j := range d.Versions {
		jobs.short = g.Short || g.Build == 19045 && i < len(d.Versions)/2
		files.short = jobs.short
		if kept[j.ID+string(j.Bytes(g))] {
			continue
		}
		jobs.old(j.ID, j.Bytes(g), false, !live[j.ID])
		for _, f := range j.Files {
			if b := f.Bytes(g); !kept[f.ID+string(b)] {
				kept[f.ID+string(b)] = true
				files.old(f.ID, b, false, !live[f.ID])
			}
		}
	}
	jobs.short, files.short = g.Short, g.Short
	for _, j := range d.Jobs {
		jobs.row(j.ID, j.Bytes(g))
		for _, f := range j.Files {
			files.row(f.ID, f.Bytes(g))
		}
	}
	return jobs, files
}

// keep names the values that rows hold now.
func (d Database) keep() map[string]bool {
	kept := map[string]bool{}
	if d.Repeat {
		return kept
	}
	for _, j := range d.Jobs {
		kept[j.ID+string(j.Bytes(d.Generation))] = true
		for _, f := range j.Files {
			kept[f.ID+string(f.Bytes(d.Generation))] = true
		}
	}
	return kept
}

// table is a table that is being filled.
type table struct {
	table  esetest.Table
	next   uint64 // id of a long value
	short  bool
	untied bool
}

func (d Database) newTable(name string) *table {
	return &table{short: d.Generation.Short, untied: d.Untied, next: 1, table: esetest.Table{
		Name: name, Columns: []esetest.Column{{ID: 1, Name: "Id", Type: 16, Size: 16}, {ID: 256, Name: "Blob", Type: 11}},
	}}
}

// old adds a state that is no more. When its row is deleted, too, the row's bytes are still there, unless nothing ties them.
func (t *table) old(id string, blob []byte, slack, deleted bool) {
	var node esetest.Node
	if len(blob) < Inline {
		node = rowNode(id, 1, blob)
		deleted = true // an earlier row of a live id, too, is left where it was
		if t.untied {
			t.table.Stale = append(t.table.Stale, esetest.Node{Key: []byte{0}, Data: blob})
			return
		}
	} else {
		lid, value := t.value(blob, 0)
		if slack {
			t.table.StaleValues = append(t.table.StaleValues, value)
		} else {
			t.table.LongValues = append(t.table.LongValues, value)
		}
		node = rowNode(id, 5, lid)
	}
	if deleted && !t.untied {
		node.Flags = 2
		t.table.Stale = append(t.table.Stale, node)
	}
}

// row adds a row.
func (t *table) row(id string, blob []byte) {
	if len(blob) < Inline {
		t.add(rowNode(id, 1, blob))
		return
	}
	lid, value := t.value(blob, 1)
	t.table.LongValues = append(t.table.LongValues, value)
	t.add(rowNode(id, 5, lid))
}

// add keeps the rows in the order of their keys.
func (t *table) add(n esetest.Node) {
	at := 0
	for at < len(t.table.Rows) && bytes.Compare(t.table.Rows[at].Key, n.Key) < 0 {
		at++
	}
	t.table.Rows = append(t.table.Rows[:at], append([]esetest.Node{n}, t.table.Rows[at:]...)...)
}

// value makes a long value, and its id as rows have it.
func (t *table) value(blob []byte, references uint32) ([]byte, esetest.Value) {
	v := esetest.Value{ID: t.next, RefCount: references}
	t.next++
	lid := binary.LittleEndian.AppendUint32(nil, uint32(v.ID))
	if !t.short {
		v.ID |= 0x8000000080000000
		lid = binary.LittleEndian.AppendUint64(nil, v.ID)
	}
	for len(blob) > 0 {
		n := min(len(blob), chunkSize)
		v.Chunks, blob = append(v.Chunks, blob[:n]), blob[n:]
	}
	return lid, v
}

// rowNode is a row of either table: the id, and a blob, or the id of a long value, as the header of the tagged column says.
func rowNode(id string, header byte, value []byte) esetest.Node {
	g := GUID(id)
	w := &writer{b: []byte{1, 0x7f, 0x15, 0}}
	w.raw(g[:])
	w.raw([]byte{0xfe, 0, 1, 4, 0, header})
	w.raw(value)
	key := []byte{0x7f}
	for _, part := range [][]byte{g[10:], g[8:10], g[6:8], g[4:6], g[:4]} {
		key = append(key, part...)
	}
	return esetest.Node{Key: key, Data: w.b, Flags: 1}
}

// Log is a transaction log in which states of jobs and their files were written.
func Log(g Generation, generation uint32, jobs ...Job) []byte {
	log := esetest.Log{Generation: generation, Major: 8}
	add := func(lid uint64, page, object uint32, blob []byte) {
		key := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, lid|0x8000000080000000), 0)
		for off := 0; off < len(blob); off += chunkSize {
			k := binary.BigEndian.AppendUint32(key[:8:8], uint32(off))
			log.Records = append(log.Records, esetest.Insert(page, object, k, blob[off:min(off+chunkSize, len(blob))]))
		}
	}
	lid := uint64(1)
	for _, j := range jobs {
		add(lid, 37, 10, j.Bytes(g))
		for _, f := range j.Files {
			add(lid, 47, 11, f.Bytes(g))
		}
		lid++
	}
	return log.Bytes()
}
