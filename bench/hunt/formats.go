// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/openbits/openbits/bench/rig"
	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/evtx"
)

// Files of the corpus that are read.
const (
	corpusLog      = "evtx/sysmon_atomic_red_team.evtx"
	corpusDatabase = "qmgr/win10_22h2_qmgr.db"
)

// evtx compares what prints an event log as XML: one of about 1 MB, and a large one of the same chunks again and again. Only events that the
// log counts are printed, since not every tool looks for others.
func (b *bench) evtx(ctx context.Context) error {
	path := filepath.Join(b.corpus, corpusLog)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	c := &contest{Name: "evtx", Title: "an event log as XML", Bytes: int64(len(data)), Entries: xmlPrinters(b.Bits, path, true)}
	if err := b.play(ctx, c); err != nil {
		return err
	}
	large := filepath.Join(b.Dir, "large.evtx")
	size, err := largeLog(large, data, int64(b.big)<<20)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(large) }()
	// python-evtx needs some 20 s a megabyte.
	return b.play(ctx, &contest{Name: "evtx, large", Title: "a large event log as XML", Bytes: size, Entries: xmlPrinters(b.Bits, large, false)})
}

func xmlPrinters(bits, path string, slow bool) []*entry {
	events := func(mark string) func(string) (string, error) {
		return func(folder string) (string, error) {
			out, err := result(folder)
			return fmt.Sprintf("%d events", bytes.Count(out, []byte(mark))), err
		}
	}
	list := []*entry{
		{Name: "bits evtx dump --live", own: true, argv: []string{bits, "evtx", "dump", "--live", "--format", "xml", path}, count: events("<Event ")},
		{Name: "bits evtx dump", own: true, argv: []string{bits, "evtx", "dump", "--format", "xml", path}, count: events("<Event ")},
		{Name: "evtxexport (libevtx)", argv: []string{"evtxexport", "-f", "xml", path}, count: events("<Event ")},
	}
	if slow {
		list = append(list, &entry{Name: "evtx_dump.py (python-evtx)", argv: []string{"evtx_dump.py", path}, count: events("<Event ")})
	}
	return list
}

// largeLog writes a log that repeats the chunks of another.
func largeLog(path string, data []byte, size int64) (int64, error) {
	const head, chunk = 4096, 65536
	count := int64(len(data)-head) / chunk
	if count < 1 {
		return 0, fmt.Errorf("a log of %d bytes has no chunk", len(data))
	}
	times := max(1, min(size/(count*chunk), 65535/count))
	file := bytes.Clone(data[:head])
	binary.LittleEndian.PutUint64(file[16:], uint64(times*count-1))
	binary.LittleEndian.PutUint16(file[42:], uint16(times*count))
	sealHeader(file)
	for range times {
		file = append(file, data[head:head+count*chunk]...)
	}
	return int64(len(file)), os.WriteFile(path, file, 0o600)
}

// ese compares what prints the queue database's tables.
func (b *bench) ese(ctx context.Context) error {
	path := filepath.Join(b.corpus, corpusDatabase)
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return b.play(ctx, &contest{Name: "ese", Title: "the rows of a queue database", Bytes: info.Size(), Entries: []*entry{
		{Name: "bits ese dump --all", own: true, argv: []string{b.Bits, "ese", "dump", "--all", "--format", "jsonl", path}, count: func(folder string) (string, error) {
			out, err := result(folder)
			return fmt.Sprintf("%d rows, %d bytes", bytes.Count(out, []byte{'\n'}), len(out)), err
		}},
		{Name: "esedbexport (libesedb)", argv: []string{"esedbexport", "-t", "tables", path}, count: exported},
	}})
}

// exported counts what esedbexport wrote: a file for each table, with a line that names the columns.
func exported(folder string) (string, error) {
	names, err := filepath.Glob(filepath.Join(folder, "tables.export", "*"))
	if err != nil {
		return "", err
	}
	rows, size := 0, 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		rows += max(0, bytes.Count(bytes.TrimRight(data, "\n"), []byte{'\n'}))
		size += len(data)
	}
	return fmt.Sprintf("%d rows, %d bytes", rows, size), nil
}

// figure is one line of the table at the end.
type figure struct{ What, Value, Note string }

// inside measures the packages without a program around them: files of about a megabyte, read again and again.
func (b *bench) inside(ctx context.Context) error {
	log, err := os.ReadFile(filepath.Join(b.corpus, corpusLog))
	if err != nil {
		return err
	}
	database, err := os.ReadFile(filepath.Join(b.corpus, corpusDatabase))
	if err != nil {
		return err
	}
	for _, m := range []struct {
		what, note string
		data       []byte
		read       func([]byte) error
	}{
		{"evtx: System of every event", "Log.Events", log, func(d []byte) error { return events(d, func(*evtx.Event) {}) }},
		{"evtx: every event as XML", "Event.AppendXML", log, func(d []byte) error {
			var out []byte
			return events(d, func(e *evtx.Event) { out = e.AppendXML(out[:0]) })
		}},
		{"evtx: every event as JSON", "Event.AppendJSON", log, func(d []byte) error {
			var out []byte
			return events(d, func(e *evtx.Event) { out = e.AppendJSON(out[:0]) })
		}},
		{"ese: every row and long value", "Table.Rows, Table.LongValues: pages that no tree leads to are not read, and count", database, rows},
		{"ese: check of every page and tree", "DB.Check", database, func(d []byte) error {
			db, err := ese.Open(bytes.NewReader(d), int64(len(d)))
			if err == nil {
				db.Check()
			}
			return err
		}},
	} {
		var speeds []int64
		for range b.runs {
			if err := ctx.Err(); err != nil {
				return err
			}
			speed, err := repeat(m.data, m.read)
			if err != nil {
				return err
			}
			speeds = append(speeds, speed)
		}
		b.Figures = append(b.Figures, figure{m.what, fmt.Sprintf("%.0f MB/s", float64(rig.Median(speeds))/1e6), m.note + "; of processor time, the collector's included"})
	}
	return nil
}

// enough is the processor time that a reading is repeated for: many steps of the clock that it is read from.
const enough = 500 * time.Millisecond

// repeat reads data again and again and answers how many bytes that is in a second of processor time.
func repeat(data []byte, read func([]byte) error) (int64, error) {
	start, err := rig.CPUOf(os.Getpid())
	if err != nil {
		return 0, err
	}
	for n, used := int64(0), time.Duration(0); ; {
		if used >= enough {
			return int64(float64(n) / used.Seconds()), nil
		}
		if err := read(data); err != nil {
			return 0, err
		}
		n += int64(len(data))
		now, err := rig.CPUOf(os.Getpid())
		if err != nil {
			return 0, err
		}
		used = now - start
	}
}

func events(data []byte, each func(*evtx.Event)) error {
	log, err := evtx.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for e, err := range log.Events() {
		if err != nil {
			return err
		}
		each(e)
	}
	return nil
}

func rows(data []byte) error {
	db, err := ese.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	tables, problems := db.Tables()
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	for _, t := range tables {
		for row, err := range t.Rows() {
			if err != nil {
				return err
			}
			for v, err := range row.Values() {
				if err != nil {
					return err
				}
				if _, err := v.Bytes(); err != nil {
					return err
				}
			}
		}
		for lv, err := range t.LongValues() {
			if err != nil {
				return err
			}
			if _, err := lv.Bytes(); err != nil {
				return err
			}
		}
	}
	return nil
}
