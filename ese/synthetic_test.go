// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openbits/openbits/ese/esetest"
)

var shapes = []struct {
	pageSize int
	old      bool
}{{2048, false}, {4096, false}, {8192, false}, {16384, false}, {32768, false}, {4096, true}, {8192, true}}

// contents is all that the live rows of a table hold, as text.
func contents(t testing.TB, db *DB, table string) map[string]string {
	t.Helper()
	tb, err := db.Table(table)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	n := 0
	for row, err := range tb.Rows() {
		if err != nil || row.Deleted() {
			continue
		}
		n++
		for v, err := range row.Values() {
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			x, err := v.Any()
			if b, ok := x.([]byte); ok {
				x = fmt.Sprintf("%d bytes %x", len(b), b[:min(len(b), 8)])
				if want := esetest.Big(len(b)); len(b) > 20 && !bytes.Equal(b, want) {
					x = "other bytes"
				}
			}
			text := fmt.Sprint(x)
			if err != nil {
				text = KindOf(err).Error()
			}
			got[fmt.Sprintf("%d %s %d", n, v.Column.Name, v.Index)] = text
		}
	}
	got["rows"] = fmt.Sprint(n)
	return got
}

func TestSynthetic(t *testing.T) {
	for _, s := range shapes {
		t.Run(fmt.Sprintf("%d old=%v", s.pageSize, s.old), func(t *testing.T) {
			db := open(t, esetest.Sample(s.pageSize, s.old).Bytes())
			if h := db.Header(); h.PageSize != s.pageSize || h.Signature.Computer != "openbits test" || len(db.Notes()) > 0 {
				t.Errorf("header %+v, notes %v", h, db.Notes())
			}
			if want := []uint32{7, 8, 9}; !cmp.Equal(db.Header().Needed(), want) {
				t.Errorf("needed generations %v", db.Header().Needed())
			}
			many := contents(t, db, "Many")
			if many["rows"] != fmt.Sprint(esetest.SampleRows-6) || many["2 Number 0"] != "1" || len(many["50 Text 0"]) < 90 {
				t.Errorf("Many: %d values, %q rows", len(many), many["rows"])
			}
			chunk := s.pageSize / 8
			want := map[string]string{
				"rows":     "3",
				"1 Id 0":   "01010101-0101-0101-0101-010101010101",
				"1 Name 0": "one", "1 Raw 0": "<nil>", "1 Small 0": "-2", "1 When 0": "<nil>",
				"1 Blob 0": fmt.Sprintf("%d bytes 302c312c342c392c", 3*chunk+7),
				"2 Id 0":   "02020202-0202-0202-0202-020202020202",
				"2 Name 0": "zwei €", "2 Raw 0": "<nil>", "2 Small 0": "300", "2 When 0": "<nil>",
				"2 Blob 0": "6 bytes 696e6c696e65", "2 Numbers 0": "1", "2 Numbers 1": "2", "2 Numbers 2": "3",
				"3 Id 0":   "03030303-0303-0303-0303-030303030303",
				"3 Name 0": "", "3 Raw 0": "<nil>", "3 Small 0": "0", "3 When 0": "<nil>",
				"3 Blob 0": fmt.Sprintf("%d bytes 302c312c342c392c", 2*chunk), "3 Note 0": "note",
			}
			if diff := cmp.Diff(want, contents(t, db, "Things")); diff != "" {
				t.Errorf("Things (-want +got):\n%s", diff)
			}
			report := db.Check()
			if !report.Sound() {
				t.Errorf("findings %+v", report.Findings)
			}
			if lv := report.LongValues[0]; lv.Count != 3 || lv.Orphans != 1 {
				t.Errorf("long values %+v", lv)
			}
		})
	}
}

func TestDefault(t *testing.T) {
	db := open(t, esetest.Sample(16384, false).Bytes())
	tb, _ := db.Table("Things")
	for row, err := range tb.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		v, ok := row.Get("Note")
		text, err := v.Any()
		want := "none"
		if row.Tag == 3 {
			want = "note"
		}
		if !ok || err != nil || text != want {
			t.Errorf("row %d: Note is %v, %v", row.Tag, text, err)
		}
		if _, ok := row.Get("Nothing"); ok {
			t.Error("a column that is not there was found")
		}
		if row.Tag == 1 {
			if v, _ := row.Get("When"); !v.Null() {
				t.Error("a null column is not null")
			}
		}
	}
}

// TestTemplate: a table that has columns of a template, and a column of its own with the same id.
func TestTemplate(t *testing.T) {
	for _, pageSize := range []int{4096, 16384} {
		columns := []esetest.Column{{ID: 1, Name: "Fixed", Type: 4, Size: 4}, {ID: 256, Name: "Inherited", Type: 10, CodePage: 1252}}
		record := esetest.Record{
			Fixed: [][]byte{{9, 0, 0, 0}, {7, 0}}, Large: pageSize > 8192,
			Tagged: []esetest.Tagged{{ID: 256, Data: []byte("of the template"), Derived: true}, {ID: 256, Data: []byte("its own")}},
		}
		d := esetest.Database{PageSize: pageSize, State: 3, Update: 20, Tables: []esetest.Table{
			{Name: "Template", Columns: columns},
			{
				Name: "Derived", Template: "Template",
				Columns: []esetest.Column{{ID: 2, Name: "Second", Type: 3, Size: 2}, {ID: 256, Name: "Own", Type: 10, CodePage: 1252}},
				Rows:    []esetest.Node{{Key: []byte{1}, Data: record.Bytes()}},
			},
		}}
		want := map[string]string{"rows": "1", "1 Fixed 0": "9", "1 Second 0": "7", "1 Inherited 0": "of the template", "1 Own 0": "its own"}
		if diff := cmp.Diff(want, contents(t, open(t, d.Bytes()), "Derived")); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", pageSize, diff)
		}
	}
}

// TestTagged: each way in which a record can hold values of a tagged column.
func TestTagged(t *testing.T) {
	seven := []byte{1<<3 | 6, 0x61} // one character of seven bits: 'a'
	for _, tc := range []struct {
		name   string
		tagged esetest.Tagged
		want   map[string]string
	}{
		{"plain", esetest.Tagged{Data: []byte("x")}, map[string]string{"1 C 0": "x"}},
		{"empty", esetest.Tagged{}, map[string]string{"1 C 0": ""}},
		{"null", esetest.Tagged{Header: 0x20}, map[string]string{"1 C 0": "<nil>"}},
		{"two", esetest.Tagged{Header: 0x18, Data: []byte("\x02abcde")}, map[string]string{"1 C 0": "ab", "1 C 1": "cde"}},
		{"several", esetest.Tagged{Header: 8, Data: esetest.Multi(0, []byte("ab"), nil, []byte("c"))}, map[string]string{"1 C 0": "ab", "1 C 1": "", "1 C 2": "c"}},
		{"compressed", esetest.Tagged{Header: 3, Data: seven}, map[string]string{"1 C 0": "a"}},
		{"first of several compressed", esetest.Tagged{Header: 0xb, Data: esetest.Multi(0, seven, []byte("b"))}, map[string]string{"1 C 0": "a", "1 C 1": "b"}},
		{"missing long value", esetest.Tagged{Header: 5, Data: []byte{1, 0, 0, 0}}, map[string]string{"1 C 0": "damaged_long_value"}},
		{"one of several kept apart", esetest.Tagged{Header: 9, Data: esetest.Multi(2, []byte("a"), []byte{1, 0, 0, 0})}, map[string]string{"1 C 0": "a", "1 C 1": "damaged_long_value"}},
		{"encrypted", esetest.Tagged{Header: 0x41, Data: []byte("???")}, map[string]string{"1 C 0": "encrypted"}},
		{"first size too large", esetest.Tagged{Header: 0x18, Data: []byte("\x09abc")}, map[string]string{"1 C 0": "damaged_record"}},
		{"offsets run back", esetest.Tagged{Header: 8, Data: []byte{6, 0, 9, 0, 7, 0, 1, 2, 3}}, map[string]string{"1 C 0": "\x01\x02\x03", "1 C 1": "damaged_record"}},
	} {
		for _, pageSize := range []int{8192, 16384} {
			tc.tagged.ID = 256
			r := esetest.Record{Large: pageSize > 8192, Tagged: []esetest.Tagged{tc.tagged}}
			d := esetest.Database{PageSize: pageSize, State: 3, Tables: []esetest.Table{{
				Name: "T", Columns: []esetest.Column{{ID: 256, Name: "C", Type: 12, CodePage: 1252}},
				Rows: []esetest.Node{{Key: []byte{1}, Data: r.Bytes()}},
			}}}
			tc.want["rows"] = "1"
			if diff := cmp.Diff(tc.want, contents(t, open(t, d.Bytes()), "T")); diff != "" {
				t.Errorf("%s, pages of %d (-want +got):\n%s", tc.name, pageSize, diff)
			}
		}
	}
}

// TestLongValueChunks: chunks that are compressed, missing, or too many.
func TestLongValueChunks(t *testing.T) {
	plain := bytes.Repeat([]byte("abc"), 100)
	packed := append([]byte{3 << 3, 44, 1}, xcaRepeat...)
	for _, tc := range []struct {
		name  string
		value esetest.Value
		want  []byte
		kind  Kind
	}{
		{"compressed", esetest.Value{Chunks: [][]byte{packed}, Sizes: []int{300}}, plain, ""},
		{"compressed, then plain", esetest.Value{Chunks: [][]byte{packed, []byte("xyz")}, Sizes: []int{300, 3}}, append(bytes.Clone(plain), "xyz"...), ""},
		{"end is missing", esetest.Value{Chunks: [][]byte{[]byte("abc")}, Sizes: []int{3}, Size: 70000}, []byte("abc"), KindLongValue},
		{"encrypted", esetest.Value{Chunks: [][]byte{[]byte("???")}, Flags: 1}, []byte("???"), KindEncrypted},
		{"unknown compression", esetest.Value{Chunks: [][]byte{{6 << 3, 1, 2}}, Sizes: []int{9}}, nil, KindUnsupported},
		{"damaged compression", esetest.Value{Chunks: [][]byte{{3 << 3, 9, 0, 0xff}}, Sizes: []int{9}}, nil, KindCompressed},
		{"empty", esetest.Value{}, nil, ""},
	} {
		tc.value.ID, tc.value.RefCount = 1, 1
		d := esetest.Database{PageSize: 4096, State: 3, Tables: []esetest.Table{{Name: "T", LongValues: []esetest.Value{tc.value}}}}
		tb, err := open(t, d.Bytes()).Table("T")
		if err != nil {
			t.Fatal(err)
		}
		lv, err := tb.LongValue(1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := lv.Bytes()
		if !bytes.Equal(got, tc.want) || KindOf(err) != tc.kind {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
	}
}

func TestNotDatabase(t *testing.T) {
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("no database"), "zeros": make([]byte, 1<<17), "noise": esetest.Big(200000)} {
		for _, f := range []func() (*DB, error){
			func() (*DB, error) { return Open(bytes.NewReader(data), int64(len(data))) },
			func() (*DB, error) { return Recover(bytes.NewReader(data), int64(len(data)), Options{}) },
		} {
			if _, err := f(); !errors.Is(err, KindNotDatabase) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
