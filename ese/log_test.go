// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/openbits/openbits/ese/esetest"
)

// logRecords are some small records, and one that needs three fragments.
func logRecords() [][]byte {
	return [][]byte{
		append([]byte{8}, make([]byte, 7)...),
		esetest.Insert(31, 8, []byte("key"), []byte("small")),
		esetest.Insert(40, 10, []byte("long key"), esetest.Big(9000)),
		append([]byte{9}, make([]byte, 7)...),
	}
}

func readLog(t *testing.T, data []byte) (records []LogRecord, errs []error) {
	t.Helper()
	l, err := OpenLog(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range l.Records() {
		if err != nil {
			errs = append(errs, err)
		} else {
			records = append(records, r)
		}
	}
	return records, errs
}

func TestLog(t *testing.T) {
	for _, major := range []uint32{7, 8} {
		data := esetest.Log{Generation: 8, Major: major, Records: logRecords()}.Bytes()
		l, err := OpenLog(bytes.NewReader(data), int64(len(data)))
		if err != nil || !l.Header.ChecksumOK || l.Header.Generation != 8 || l.Header.PageSize != 16384 {
			t.Fatalf("major %d: %+v, %v", major, l, err)
		}
		got, errs := readLog(t, data)
		if len(got) != 4 || len(errs) > 0 {
			t.Fatalf("major %d: %d records, %v", major, len(got), errs)
		}
		for i, want := range logRecords() {
			if !bytes.Equal(got[i].Data, want) || got[i].Type != want[0] || got[i].Partial || got[i].Damaged {
				t.Errorf("major %d: record %d is %v", major, i, got[i])
			}
		}
		c, ok := got[2].Change()
		if !ok || c.Page != 40 || c.Object != 10 || c.DBTime != 11 || c.DBTimeBefore != 10 || string(c.Key) != "long key" || !bytes.Equal(c.Data, esetest.Big(9000)) {
			t.Errorf("major %d: change of page %d, key %q, %d bytes", major, c.Page, c.Key, len(c.Data))
		}
		if _, ok := got[0].Change(); ok {
			t.Error("the begin of a transaction is no change")
		}
		if major == 8 && got[2].Fragments != 3 {
			t.Errorf("%d fragments", got[2].Fragments)
		}
	}
}

// TestLogDamaged: what is there of a record is offered, whatever is missing.
func TestLogDamaged(t *testing.T) {
	whole := esetest.Log{Generation: 8, Major: 8, Records: logRecords()}.Bytes()
	long := logRecords()[2]

	blank := bytes.Clone(whole)
	clear(blank[2*4096 : 3*4096]) // the second fragment
	got, errs := readLog(t, blank)
	if i := slices.IndexFunc(got, func(r LogRecord) bool { return r.Partial && bytes.HasPrefix(long, r.Data) && len(r.Data) > 3000 }); i < 0 || len(errs) == 0 {
		t.Errorf("a segment is blank: %v, %v", got, errs)
	}

	flipped := bytes.Clone(whole)
	flipped[2*4096+100] ^= 3
	got, errs = readLog(t, flipped)
	if i := slices.IndexFunc(got, func(r LogRecord) bool { return r.Damaged && len(r.Data) == len(long) }); i < 0 || len(errs) == 0 || !errors.Is(errs[0], KindChecksum) {
		t.Errorf("a segment is damaged: %v, %v", got, errs)
	}

	odd := bytes.Clone(whole)
	odd[4096+40] = 250 // a record of no known kind: the fragments behind it are found all the same
	got, errs = readLog(t, odd)
	if i := slices.IndexFunc(got, func(r LogRecord) bool { return bytes.Equal(r.Data, long) }); i < 0 || len(errs) == 0 {
		t.Errorf("an unknown record: %v, %v", got, errs)
	}

	headless := bytes.Clone(whole)
	clear(headless[:4096])
	l, err := OpenLog(bytes.NewReader(headless), int64(len(headless)))
	if err != nil || l.Header != nil || len(l.Notes) == 0 {
		t.Errorf("no header: %+v, %v", l, err)
	}
	if got, _ := readLog(t, headless); len(got) != 4 {
		t.Errorf("no header: %d records", len(got))
	}

	got, errs = readLog(t, whole[:2*4096+1000]) // cut
	if len(got) == 0 || len(errs) == 0 {
		t.Errorf("cut: %v, %v", got, errs)
	}

	for _, data := range [][]byte{nil, []byte("text"), make([]byte, 1<<16), esetest.Sample(4096, false).Bytes()} {
		if _, err := OpenLog(bytes.NewReader(data), int64(len(data))); !errors.Is(err, KindNotLog) {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	}
}

func TestMissingGenerations(t *testing.T) {
	db := open(t, esetest.Sample(4096, false).Bytes()) // needs 7 to 9
	var logs []*Log
	for _, g := range []uint32{7, 9} {
		data := esetest.Log{Generation: g, Major: 8, Records: logRecords()}.Bytes()
		l, err := OpenLog(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, l)
	}
	if got := MissingGenerations(*db.Header(), logs...); !slices.Equal(got, []uint32{8}) {
		t.Errorf("missing %v", got)
	}
	logs[0].Header.Signature.Random++ // another log's
	if got := MissingGenerations(*db.Header(), logs...); !slices.Equal(got, []uint32{7, 8}) {
		t.Errorf("missing %v", got)
	}
}
