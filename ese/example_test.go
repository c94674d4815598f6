// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/ese/esetest"
)

// file stands for a file: anything that is an io.ReaderAt will do.
func file() (*bytes.Reader, int64) {
	data := esetest.Sample(16384, false).Bytes()
	return bytes.NewReader(data), int64(len(data))
}

// All rows of a table. An error is damage; the rows that follow it are fine.
func Example() {
	db, err := ese.Open(file())
	if err != nil {
		log.Fatal(err)
	}
	things, err := db.Table("Things")
	if err != nil {
		log.Fatal(err)
	}
	for row, err := range things.Rows() {
		if err != nil {
			fmt.Println("damaged:", err)
			continue
		}
		id, _ := row.Get("Id")
		name, _ := row.Get("Name")
		blob, _ := row.Get("Blob")
		guid, _ := id.Any()
		text, _ := name.Any()
		content, err := blob.Bytes()
		fmt.Printf("%v %q %d bytes %v\n", guid, text, len(content), err)
	}
	// Output:
	// 01010101-0101-0101-0101-010101010101 "one" 6151 bytes <nil>
	// 02020202-0202-0202-0202-020202020202 "zwei €" 6 bytes <nil>
	// 03030303-0303-0303-0303-030303030303 "" 4096 bytes <nil>
}

// Long values that no row points to are former contents.
func ExampleTable_LongValues() {
	db, err := ese.Open(file())
	if err != nil {
		log.Fatal(err)
	}
	things, err := db.Table("Things")
	if err != nil {
		log.Fatal(err)
	}
	refs, err := things.References()
	if err != nil {
		log.Fatal(err)
	}
	for lv, err := range things.LongValues() {
		if err != nil {
			fmt.Println("damaged:", err)
			continue
		}
		content, err := lv.Bytes()
		fmt.Println(lv.ID, "rows:", refs[lv.ID], "orphan:", lv.Orphan(), "bytes:", len(content), err)
	}
	// Output:
	// 00000005 rows: 1 orphan: false bytes: 6151 <nil>
	// 00000006 rows: 0 orphan: true bytes: 40 <nil>
	// 8000000000000107 rows: 1 orphan: false bytes: 4096 <nil>
}

// Pages of a database in a stream of other things.
func ExampleRecover() {
	r, size := file()
	data := make([]byte, size)
	if _, err := r.ReadAt(data, 0); err != nil {
		log.Fatal(err)
	}
	image := append([]byte("anything"), data[2*16384:]...) // no header, and no page at its place
	db, err := ese.Recover(bytes.NewReader(image), int64(len(image)), ese.Options{})
	if err != nil {
		log.Fatal(err)
	}
	tables, _ := db.Tables()
	for _, t := range tables {
		fmt.Println(t.Name, t.Source, len(t.Columns), "columns")
	}
	// Output:
	// Many catalog 2 columns
	// Things catalog 8 columns
}

func ExampleMissingGenerations() {
	db, err := ese.Open(file())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(db.Header().State, "needs", db.Header().Needed(), "missing", ese.MissingGenerations(*db.Header()))
	// Output:
	// dirty needs [7 8 9] missing [7 8 9]
}
