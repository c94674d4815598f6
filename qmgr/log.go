// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"encoding/binary"

	"github.com/openbits/openbits/ese"
)

// readLog finds the records in the records of a log. One that its log record was cut from is read as far as it goes.
func (q *reading) readLog() {
	l, err := ese.OpenLog(q.r, q.size)
	if err != nil {
		q.note(err)
		q.carve(LayerCarved)
		return
	}
	q.q.Log = l.Header
	q.notes(l.Notes)
	m := newMarks()
	var rows []rowImage
	for r, err := range l.Records() {
		if err != nil {
			q.note(err)
			continue
		}
		rowsIn(r.Data, func(id GUID, lid ese.LID) { rows = append(rows, rowImage{id: id, lid: lid.String()}) })
		if !q.logRecord(r, m) {
			break
		}
	}
	identify(q.q.Files, rows, q.q.Jobs)
}

// logRecord finds the records of the queue in a record of the log, and answers whether to go on.
func (q *reading) logRecord(r ese.LogRecord, m *marks) bool {
	lid := ""
	if c, ok := r.Change(); ok {
		lid = changeLID(c.Key)
	}
	more := true
	s := sweep{
		marks: m, fail: func(error) bool { return true },
		emit: func(j *Job, f *File, b []byte) bool {
			p := (*Place)(nil)
			if j != nil {
				p = &j.Place
			} else {
				p = &f.Place
			}
			p.Layer, p.Damaged = LayerCarved, r.Damaged
			if r.Fragments > 0 { // joined: it is not one piece of the input
				p.Offset = r.Offset
			} else {
				p.Offset += r.Offset
			}
			if r.Partial && p.Cut == "" {
				p.Cut = "a fragment of its log record is missing"
			}
			if p.LongValue == "" {
				p.LongValue = lid
			}
			more = q.found(j, f, b)
			return more
		},
	}
	s.search(r.Data, 0, 0, len(r.Data))
	return more
}

// changeLID is the id of the long value that a change's key names, "" when it is none.
func changeLID(key []byte) string {
	switch len(key) {
	case 4:
		return ese.LID(binary.BigEndian.Uint32(key)).String()
	case 8, 12:
		return lidOf(key)
	}
	return ""
}
