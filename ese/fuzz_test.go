// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

// tiny is a database small enough for the fuzzer to find its way in.
func tiny(pageSize int) []byte {
	r := esetest.Record{
		Fixed: [][]byte{{1, 2, 3, 4}}, Variable: [][]byte{[]byte("v")}, Large: pageSize > 8192,
		Tagged: []esetest.Tagged{{ID: 256, Header: 5, Data: []byte{1, 0, 0, 0}}, {ID: 257, Header: 8, Data: esetest.Multi(0, []byte("a"), []byte("b"))}},
	}
	return esetest.Database{PageSize: pageSize, State: 2, Generations: [2]uint32{1, 2}, NoShadow: true, FirstRoot: 5, Tables: []esetest.Table{{
		Name:       "T",
		Columns:    []esetest.Column{{ID: 1, Name: "F", Type: 4, Size: 4}, {ID: 128, Name: "V", Type: 10}, {ID: 256, Name: "L", Type: 11}, {ID: 257, Name: "M", Type: 12}},
		Rows:       []esetest.Node{{Key: []byte{1}, Data: r.Bytes()}},
		LongValues: []esetest.Value{{ID: 1, RefCount: 1, Chunks: [][]byte{append([]byte{3 << 3, 44, 1}, xcaRepeat...)}, Sizes: []int{300}}},
	}}}.Bytes()
}

// resum makes the checksums of a fuzzed database right, so that the fuzzer gets past them.
func resum(data []byte, pageSize int) {
	for off := 2 * pageSize; off+pageSize <= len(data); off += pageSize {
		if p := data[off : off+pageSize]; !zero(p) {
			esetest.Sum(p, uint32(off/pageSize-1))
		}
	}
}

// exhaust reads all that a database offers, as far as a limit on what is decompressed.
func exhaust(t *testing.T, db *DB) {
	t.Helper()
	db.Check()
	tables, _ := db.Tables()
	left := 1 << 24
	for _, tb := range tables {
		for row, err := range tb.Rows() {
			if err != nil {
				continue
			}
			for v, err := range row.Values() {
				if err != nil || left < 0 {
					continue
				}
				x, _ := v.Any()
				if b, ok := x.([]byte); ok {
					left -= len(b)
				}
			}
		}
		for lv, err := range tb.LongValues() {
			if err == nil && left > 0 {
				b, _ := lv.Bytes()
				left -= len(b)
			}
		}
	}
	for _, tree := range db.Trees() {
		tree.LongValues()
	}
	for p, err := range db.Pages() {
		if err != nil {
			continue
		}
		for _, r := range p.Slack() {
			_ = p.Data[r.Start : r.Start+r.Size]
		}
		for n := range p.Remains() {
			_ = p.Data[n.Offset : n.Offset+len(n.Data)]
		}
	}
}

func FuzzDatabase(f *testing.F) {
	f.Add(tiny(2048), true)
	f.Add(tiny(2048)[:6*2048], false)
	f.Add([]byte("no database"), false)
	f.Fuzz(func(t *testing.T, data []byte, sum bool) {
		if len(data) > 1<<20 {
			return
		}
		data = bytes.Clone(data)
		if sum && len(data) > 240 && validPageSize(int(u32(data, 236))) {
			resum(data, int(u32(data, 236)))
		}
		db, err := OpenWith(bytes.NewReader(data), int64(len(data)), Options{Layouts: manyLayout})
		if err == nil {
			exhaust(t, db)
		}
	})
}

func FuzzRecover(f *testing.F) {
	f.Add(tiny(2048)[2*2048:])
	var large []byte // pages of 16 KiB without the blank ones
	for p, err := range open(f, tiny(16384)).Pages() {
		if err == nil && p.Status != PageBlank {
			large = append(large, p.Data...)
		}
	}
	f.Add(append([]byte("junk"), large...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		db, err := Recover(bytes.NewReader(data), int64(len(data)), Options{Layouts: manyLayout})
		if err == nil {
			exhaust(t, db)
		}
	})
}

// FuzzPage gets the beginning and the end of a page, which is blank between them.
func FuzzPage(f *testing.F) {
	for _, p := range []esetest.Page{
		{Size: 2048, External: []byte("pre"), Nodes: []esetest.Node{{Key: []byte("prefix"), Data: []byte("d"), Prefix: 3}}},
		{Size: 16384, Nodes: []esetest.Node{{Key: []byte("j"), Data: []byte("e")}}, Stale: []esetest.Node{{Key: []byte("k"), Data: []byte("d")}}},
	} {
		p.Number, p.Object, p.Flags = 1, 2, 0x2802
		b := p.Bytes()
		f.Add(b[:120], b[len(b)-16:], uint32(1), p.Size > 8192, true)
	}
	f.Fuzz(func(t *testing.T, front, back []byte, number uint32, large, sum bool) {
		data := make([]byte, 2048)
		if large {
			data = make([]byte, 16384)
		}
		if len(front)+len(back) > len(data) {
			return
		}
		copy(data, front)
		copy(data[len(data)-len(back):], back)
		if sum {
			esetest.Sum(data, number)
		}
		p := newPage(data, number, 0)
		_ = p.Damage()
		for n, err := range p.Nodes() {
			if err == nil && !bytes.HasSuffix(p.Data[:n.Start+n.Size], n.Data) {
				t.Errorf("tag %d: the data is not where it is said to be", n.Tag)
			}
		}
		used := make([]bool, len(data))
		for _, r := range p.Slack() {
			for i := range r.Size {
				used[r.Start+i] = true
			}
		}
		for n := range p.Remains() {
			if !used[n.Start] || !used[n.Start+n.Size-1] {
				t.Errorf("tag %d: remains that are not in slack", n.Tag)
			}
		}
		p.consistent()
	})
}

func FuzzRecord(f *testing.F) {
	f.Add(esetest.Record{Fixed: [][]byte{{1, 2, 3, 4}}, Variable: [][]byte{nil, []byte("v")}, Tagged: []esetest.Tagged{{ID: 256, Header: 0x18, Data: []byte("\x01ab")}}}.Bytes(), false, false)
	f.Add(esetest.Record{Large: true, Tagged: []esetest.Tagged{{ID: 256, Header: 8, Data: esetest.Multi(1, []byte("abcd"), []byte("b"))}}}.Bytes(), false, true)
	f.Add(esetest.Record{Old: true, Tagged: []esetest.Tagged{{ID: 256, Header: 5, Data: []byte("abcd")}}}.Bytes(), true, false)
	f.Fuzz(func(t *testing.T, data []byte, old, large bool) {
		if len(data) > 1<<15 {
			return
		}
		r, err := parseRecord(data, old, large)
		if err != nil {
			return
		}
		total := 0
		count := func(v field) bool { total += len(v.raw); return true }
		for id := uint32(1); int(id) <= r.lastFixed; id++ {
			r.fixed(id, recordHeader+int(id), 4)
		}
		r.variables(count)
		_ = r.tagged(count)
		if total > len(data) {
			t.Errorf("%d bytes hold values of %d", len(data), total)
		}
	})
}

func FuzzDecompress(f *testing.F) {
	f.Add(append([]byte{3 << 3, 44, 1}, xcaRepeat...))
	f.Add(append([]byte{3 << 3, 26, 0}, xcaAlphabet...))
	f.Add(pack7(1, "seven bits"))
	f.Add(pack7(2, "seven bits"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, _ := Decompress(data); len(b) > maxPlain {
			t.Errorf("%d bytes became %d", len(data), len(b))
		}
	})
}

func FuzzLog(f *testing.F) {
	for _, major := range []uint32{7, 8} {
		f.Add(esetest.Log{Generation: 8, Major: major, Records: logRecords()}.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		l, err := OpenLog(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		total := 0
		for r, err := range l.Records() {
			if err == nil {
				total += len(r.Data)
				r.Change()
			}
		}
		if total > len(data) {
			t.Errorf("%d bytes hold records of %d", len(data), total)
		}
	})
}
