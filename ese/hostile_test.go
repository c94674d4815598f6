// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

// TestOverlap: nodes that share their bytes cannot multiply the work.
func TestOverlap(t *testing.T) {
	page := esetest.Page{Size: 16384, Number: 1, Object: 2, Flags: 0x2802, Nodes: []esetest.Node{{Key: []byte{1}, Data: make([]byte, 8000)}}}.Bytes()
	slot := binary.LittleEndian.Uint32(page[16384-8:])
	for i := 2; i < 1500; i++ {
		binary.LittleEndian.PutUint32(page[16384-4*(i+1):], slot)
	}
	binary.LittleEndian.PutUint16(page[34:], 1500)
	esetest.Sum(page, 1)
	nodes, errs := 0, []error(nil)
	for _, err := range newPage(page, 1, 0).Nodes() {
		if err != nil {
			errs = append(errs, err)
		} else {
			nodes++
		}
	}
	if nodes != 2 || len(errs) != 1 || !errors.Is(errs[0], KindPage) {
		t.Errorf("%d nodes, %v", nodes, errs)
	}
}

// TestBomb: chunks that grow a thousandfold do not fill the memory.
func TestBomb(t *testing.T) {
	chunk := []byte{3 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 'x', 0x07, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff} // one 'x', repeated
	if b, err := Decompress(chunk); len(b) != maxPlain {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	v := esetest.Value{ID: 1, RefCount: 1}
	for range 2000 {
		v.Chunks, v.Sizes = append(v.Chunks, chunk), append(v.Sizes, maxPlain)
	}
	d := esetest.Database{PageSize: 16384, State: 3, Tables: []esetest.Table{{Name: "T", LongValues: []esetest.Value{v}}}}
	tb, err := open(t, d.Bytes()).Table("T")
	if err != nil {
		t.Fatal(err)
	}
	lv, err := tb.LongValue(1)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := lv.Bytes(); len(b) > maxGrowth+growth*2000*len(chunk)+maxPlain || !errors.Is(err, KindCompressed) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestTemplates: a catalog cannot ask for the columns of one table in all others without end.
func TestTemplates(t *testing.T) {
	template := esetest.Table{Name: "Template"}
	for i := range uint32(2000) {
		template.Columns = append(template.Columns, esetest.Column{ID: 256 + i, Name: "C", Type: 4})
	}
	d := esetest.Database{PageSize: 32768, State: 3, Tables: []esetest.Table{template}}
	for i := range 300 {
		d.Tables = append(d.Tables, esetest.Table{Name: fmt.Sprintf("T%d", i), Template: "Template"})
	}
	tables, errs := open(t, d.Bytes()).Tables()
	columns := 0
	for _, tb := range tables {
		columns += len(tb.Columns)
	}
	if len(tables) != 301 || columns > maxInherited+2000 || !slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, KindCatalog) }) {
		t.Errorf("%d tables have %d columns, %v", len(tables), columns, errs)
	}
}
