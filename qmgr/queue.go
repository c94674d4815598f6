// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package qmgr

import (
	"cmp"
	"crypto/sha256"
	"io"
	"slices"

	"github.com/openbits/openbits/ese"
)

// Options say how to read. The zero value is right.
type Options struct {
	MaxFound  int  // how many records are kept at most; 0: 200,000
	NoSlack   bool // leave out what is not in use
	Fragments bool // Carve: also yield records that lost their beginning (Job.HeadLost)
}

const defaultMaxFound = 200_000

// Queue is what was read of one input.
type Queue struct {
	Kind    Kind
	Header  *ese.Header // of the database; nil: none, or it is lost
	Log     *ese.LogHeader
	Build   uint32   // of the Windows that last opened the database; 0 not known
	Windows string   // in words, such as "Windows 11 24H2 or Server 2025"; of queue files a group; "" not known
	State   string   // of the database: "clean", "dirty", …; "" not known
	Dirty   bool     // changes are missing that only the transaction logs hold
	Needed  []uint32 // generations of those logs

	Jobs      []*Job  // in all layers, the strongest first, then by place
	Files     []*File // the same
	Fragments []*Job  // records without their beginning (HeadLost), so that their id is not known
	Rejected  int     // places with a marker that begins or ends no record that can be believed: closing markers of lost records among them
	Notes     []error // what is damaged or missing

	tables  int  // tables of a queue that were found
	foreign bool // it is a database whose catalog tells of tables
}

// Read reads a queue: a database, a queue file, a log, a record by itself; of anything else it finds the records as Carve does, but for
// pages of a database that lie loose in an input of up to 64 MiB, which it puts together. A
// damaged input gives what is left, and Notes. It is an error only when the input cannot be read at all, or holds nothing of
// a queue (ErrNoQueue).
func Read(r io.ReaderAt, size int64, o Options) (*Queue, error) {
	head := make([]byte, min(size, HeadSize))
	if got, err := r.ReadAt(head, 0); got < len(head) && err != nil && err != io.EOF {
		return nil, &Error{Offset: 0, Text: "the input cannot be read", Err: err}
	}
	q := newReading(r, size, o)
	q.q.Kind = Identify(head)
	switch q.q.Kind {
	case KindQueue:
		q.readLegacy()
	case KindLog:
		q.readLog()
	case KindRecord:
		q.carve(LayerCarved)
	default:
		if db, err := q.openDatabase(); err == nil {
			q.readDatabase(db)
			break
		} else if q.q.Kind == KindDatabase {
			q.note(err)
		}
		q.carve(LayerCarved)
	}
	q.finish()
	return q.q, q.empty()
}

// ReadLog finds the records in a transaction log (edb.log, edb00017.log, edbtmp.log): first in its log records, those joined that
// were cut into fragments, then at any place. All are LayerCarved.
func ReadLog(r io.ReaderAt, size int64, o Options) (*Queue, error) {
	q := newReading(r, size, o)
	q.q.Kind = KindLog
	q.readLog()
	q.finish()
	return q.q, nil
}

// reading is an input that is being read.
type reading struct {
	r    io.ReaderAt
	size int64
	o    Options
	q    *Queue
	seen map[[16]byte]int // digest of a record's bytes: index in jobs plus one, in files minus one
	told map[string]bool
}

func newReading(r io.ReaderAt, size int64, o Options) *reading {
	if o.MaxFound <= 0 {
		o.MaxFound = defaultMaxFound
	}
	return &reading{r: r, size: size, o: o, q: &Queue{}, seen: map[[16]byte]int{}, told: map[string]bool{}}
}

// maxNotes bounds the notes on one input.
const maxNotes = 1000

// note keeps what is wrong, each thing once.
func (q *reading) note(err error) {
	if text := err.Error(); !q.told[text] && len(q.q.Notes) < maxNotes {
		q.told[text] = true
		q.q.Notes = append(q.q.Notes, err)
	}
}

func (q *reading) notes(errs []error) {
	for _, err := range errs {
		q.note(err)
	}
}

// found keeps a record that a sweep found, and answers whether to go on. b is its bytes.
func (q *reading) found(j *Job, f *File, b []byte) bool {
	var at int64
	if j != nil {
		at = j.Place.Offset
		q.addJob(j, b)
	} else {
		at = f.Place.Offset
		q.addFile(f, b)
	}
	if q.count() >= q.o.MaxFound {
		q.note(faultAt(at, "more than %d records were found; those from here on are left out", q.o.MaxFound))
		return false
	}
	return true
}

func (q *reading) count() int { return len(q.q.Jobs) + len(q.q.Files) + len(q.q.Fragments) }

func digest(b []byte, size int) [16]byte {
	sum := sha256.Sum256(b[:min(size, len(b))])
	return [16]byte(sum[:16])
}

// addJob keeps a job of whose record b begins with the bytes; a second copy of the same bytes is only noted with the first.
// Records are added in the order of their layers, the strongest first.
func (q *reading) addJob(j *Job, b []byte) {
	if j.HeadLost {
		q.q.Fragments = append(q.q.Fragments, j)
		return
	}
	key := digest(b, j.Place.Size)
	if i := q.seen[key]; i > 0 {
		if first := q.q.Jobs[i-1]; first.Place.Offset != j.Place.Offset {
			first.Copies = append(first.Copies, j.Place)
		}
		return
	}
	q.q.Jobs = append(q.q.Jobs, j)
	q.seen[key] = len(q.q.Jobs)
	for _, t := range j.Files {
		t.File.Place.Layer, t.File.Place.Damaged = j.Place.Layer, j.Place.Damaged
		q.q.Files = append(q.q.Files, t.File)
	}
}

func (q *reading) addFile(f *File, b []byte) {
	key := digest(b, f.Place.Size)
	if i := q.seen[key]; i < 0 {
		if first := q.q.Files[-i-1]; first.Place.Offset != f.Place.Offset {
			first.Copies = append(first.Copies, f.Place)
		}
		return
	}
	q.q.Files = append(q.q.Files, f)
	q.seen[key] = -len(q.q.Files)
}

// finish puts everything in its order and ties files to jobs.
func (q *reading) finish() {
	before := func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Layer.rank(), b.Layer.rank()), cmp.Compare(a.Offset, b.Offset))
	}
	q.q.tie()
	slices.SortStableFunc(q.q.Jobs, func(a, b *Job) int { return before(a.Place, b.Place) })
	slices.SortStableFunc(q.q.Files, func(a, b *File) int { return before(a.Place, b.Place) })
}

// empty is an error when nothing of a queue was found.
func (q *reading) empty() error {
	if q.count() > 0 || q.q.Kind == KindQueue || q.q.tables > 0 {
		return nil
	}
	if q.q.Kind == KindDatabase && !q.q.foreign && len(q.q.Notes) > 0 {
		return nil // a damaged database: that is what the notes say
	}
	return &Error{Offset: -1, Err: ErrNoQueue}
}

// carve finds records anywhere.
func (q *reading) carve(layer Layer) {
	s := sweep{
		r: q.r, size: q.size, marks: newMarks(),
		emit: func(j *Job, f *File, b []byte) bool {
			if j != nil {
				j.Place.Layer = layer
			} else {
				f.Place.Layer = layer
			}
			return q.found(j, f, b)
		},
		fail:   func(err error) bool { q.note(err); return true },
		reject: func(int64) { q.q.Rejected++ },
	}
	s.run()
}
