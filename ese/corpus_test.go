// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpus is the folder of real evidence, which is not part of the repository.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("OPENBITS_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "qmgr")); err != nil {
		t.Skip("there is no corpus of real databases here; OPENBITS_CORPUS names its folder")
	}
	return dir
}

// truth is what a truth file of the corpus says of a database, as far as it concerns this package.
type truth struct {
	ESE struct {
		PageSize  int    `json:"page_size"`
		Pages     uint32 `json:"pages"`
		ZeroPages int    `json:"zero_pages"`
		Update    uint32 `json:"update_major"`
		Build     uint32 `json:"os_build"`
		State     uint32 `json:"db_state"`
		Min       uint32 `json:"gen_min_required"`
		Max       uint32 `json:"gen_max_required"`
	} `json:"ese"`
	Rows map[string][]struct {
		ID      string `json:"id"`
		Page    uint32 `json:"page"`
		Storage string `json:"storage"`
	} `json:"table_rows"`
	Jobs  []blob `json:"jobs"`
	Files []blob `json:"files"`
}

// blob is a record of the corpus's truth: where it lies, and in which layer.
type blob struct {
	JobID  string `json:"job_id"`
	URL    string `json:"url"`
	Local  string `json:"local"`
	Offset int64  `json:"offset"`
	Origin string `json:"origin"`
	LVKey  string `json:"lv_key"`
}

func sample(t testing.TB, name string) ([]byte, truth) {
	t.Helper()
	path := filepath.Join(corpus(t), "qmgr", name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the corpus lacks " + name)
	}
	var tr truth
	text, err := os.ReadFile(path + ".truth.json")
	if err == nil {
		err = json.Unmarshal(text, &tr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data, tr
}

func open(t testing.TB, data []byte) *DB {
	t.Helper()
	db, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

var samples = []string{"win10_22h2_qmgr.db", "win11_24h2_qmgr.db"}

func TestCorpusHeader(t *testing.T) {
	for _, name := range samples {
		data, want := sample(t, name)
		db := open(t, data)
		h := db.Header()
		if !h.ChecksumOK || h.PageSize != want.ESE.PageSize || h.Update != want.ESE.Update || h.OS.Build != want.ESE.Build ||
			uint32(h.State) != want.ESE.State || h.MinRequired != want.ESE.Min || h.MaxRequired != want.ESE.Max || h.FileType != 1 {
			t.Errorf("%s: header %+v, want %+v", name, h, want.ESE)
		}
		if db.PageCount() != want.ESE.Pages || len(db.Notes()) > 0 {
			t.Errorf("%s: %d pages, notes %v", name, db.PageCount(), db.Notes())
		}
		blank := 0
		for p, err := range db.Pages() {
			switch {
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case p.Status == PageBlank:
				blank++
			case p.Status != PageGood || p.Damage() != nil:
				t.Errorf("%s: %v", name, p.Damage())
			}
		}
		if blank != want.ESE.ZeroPages {
			t.Errorf("%s: %d blank pages, want %d", name, blank, want.ESE.ZeroPages)
		}
	}
}

// TestCorpusRows: every live row that truth lists, and no other; every long value of
// a row and every orphaned one at the place where truth has it, whole.
func TestCorpusRows(t *testing.T) {
	for _, name := range samples {
		data, want := sample(t, name)
		db := open(t, data)
		for table, rows := range want.Rows {
			tb, err := db.Table(table)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for row, err := range tb.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				id, _ := row.Get("Id")
				value, err := id.Any()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, value.(GUID).String())
				i := slices.IndexFunc(rows, func(r struct {
					ID      string `json:"id"`
					Page    uint32 `json:"page"`
					Storage string `json:"storage"`
				},
				) bool {
					return r.ID == got[len(got)-1]
				})
				if i < 0 || rows[i].Page != row.Page.Number || row.Deleted() {
					t.Errorf("%s: %s has row %s on page %d", name, table, got[len(got)-1], row.Page.Number)
				}
				v, _ := row.Get("Blob")
				if _, separated := v.LID(); separated != (rows[i].Storage == "lv") {
					t.Errorf("%s: %s row %s: separated is %v", name, table, got[0], separated)
				}
			}
			if len(got) != len(rows) {
				t.Errorf("%s: %s has rows %q, want %d", name, table, got, len(rows))
			}
		}
		compareLongValues(t, name, db, "Jobs", want.Jobs)
		compareLongValues(t, name, db, "Files", want.Files)
	}
}

func compareLongValues(t *testing.T, name string, db *DB, table string, blobs []blob) {
	t.Helper()
	tb, err := db.Table(table)
	if err != nil {
		t.Fatal(err)
	}
	refs, err := tb.References()
	if err != nil {
		t.Fatal(err)
	}
	byOffset := map[int64]*LongValue{}
	live, orphans := 0, 0
	for lv, err := range tb.LongValues() {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := lv.Bytes(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		switch {
		case refs[lv.ID] > 0 && !lv.Orphan():
			live++
		case refs[lv.ID] == 0 && lv.Orphan():
			orphans++
		default:
			t.Errorf("%s: long value %s has %d references, but %d rows point to it", name, lv.ID, lv.RefCount, refs[lv.ID])
		}
		byOffset[lv.Chunks[0].Place.Offset] = lv
	}
	wantLive, wantOrphans := 0, 0
	for _, b := range blobs {
		if b.Origin == "slack" {
			continue
		}
		if b.Origin == "live" {
			wantLive++
		} else {
			wantOrphans++
		}
		lv := byOffset[b.Offset]
		if lv == nil {
			t.Errorf("%s: %s has no long value at %d", name, table, b.Offset)
			continue
		}
		if lv.Orphan() != (b.Origin == "orphan_long_value") {
			t.Errorf("%s: %s at %d: orphan is %v, but truth says %s", name, table, b.Offset, lv.Orphan(), b.Origin)
		}
		if content, _ := lv.Bytes(); b.URL != "" && !strings.Contains(utf16Text(content), b.URL) && !strings.Contains(utf16Text(content[1:]), b.URL) {
			t.Errorf("%s: the long value at %d does not hold %s", name, b.Offset, b.URL)
		}
	}
	if live != wantLive || orphans != wantOrphans {
		t.Errorf("%s: %s has %d live and %d orphaned long values, want %d and %d", name, table, live, orphans, wantLive, wantOrphans)
	}
}

// TestCorpusDamage: the two samples that were damaged on purpose.
func TestCorpusDamage(t *testing.T) {
	data, _ := sample(t, "win10_22h2_two_pages_bitflip.db")
	var bad []uint32
	for p, err := range open(t, data).Pages() {
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Damage(); err != nil {
			bad = append(bad, p.Number)
			if !errors.Is(err, KindCorrected) {
				t.Error(err)
			}
		}
	}
	if !slices.Equal(bad, []uint32{31, 51}) {
		t.Errorf("pages %v are damaged, want 31 and 51", bad)
	}

	data, _ = sample(t, "win11_21h2_pages_zeroed.db")
	tables, errs := open(t, data).Tables()
	if len(tables) != 0 || len(errs) == 0 {
		t.Errorf("blank pages hold tables %v, errors %v", tables, errs)
	}
}
