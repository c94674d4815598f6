// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"fmt"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/qmgr"
)

// candidate is a file that may be a member.
type candidate struct {
	path   string // as shown
	where  string // absolute, for its place
	size   int64
	direct bool // it was named itself
	depth  int  // how many archives it lies in
	source source
}

// smallCarve is up to which size, in bytes, a file of unknown kind is searched because of its name or folder alone. Queue
// databases have 1.3 MB as they come; the largest that are told of, some hundred.
const smallCarve = 512 << 20

// maxUnsure bounds how large a database of ESE may be that neither name nor folder calls a queue, to be looked into.
const maxUnsure = 256 << 20

// file decides what a file is.
func (w *walker) file(c candidate) {
	m := &Member{Path: c.path, Size: c.size, Direct: c.direct, source: c.source}
	u, base := placeOf(c.where, w.inNamed)
	m.unit, m.base = u, base
	h := hintOf(base, u.downloader)
	if c.size == 0 {
		w.empty(m, c, h)
		return
	}
	head, err := c.source.head(w.ctx, headSize)
	if err != nil {
		w.unread(m, "it cannot be read: "+reason(err))
		w.add(m, c.where)
		return
	}
	m.Kind = kindOf(head)
	switch m.Kind {
	case Archive:
		w.archive(m, c)
		return
	case Other:
		w.unknown(m, c, h, head)
	case QueueDB:
		if h != hintQueue && !u.downloader && !c.direct {
			w.unsure(m, c)
		}
	case EventLog:
		w.peek(m, c)
	case Hive:
		w.hive(m, c, h)
	case Report:
		w.report(m, c)
	}
	if m.Kind == Archive { // by its name
		w.archive(m, c)
		return
	}
	w.add(m, c.where)
}

// empty is a file without a byte: worth a line when it should have some.
func (w *walker) empty(m *Member, c candidate, h hint) {
	m.Kind, m.Status = Other, evidence.Skipped
	if c.direct || h == hintQueue || h == hintEvents || h == hintLog || h == hintArchive {
		m.Status, m.Notes = evidence.Failed, []string{"it is empty"}
	}
	w.add(m, c.where)
}

// unknown decides what to do with a file whose first bytes say nothing of BITS.
func (w *walker) unknown(m *Member, c candidate, h hint, head []byte) {
	var tail []byte
	if f, ok := c.source.(fileSource); ok && (c.direct || h != hintNone) && c.size > 512 {
		tail, _ = f.tail(512) // only to recognise one kind of image
	}
	if box, ok := containerOf(head, tail); ok && box.worth(m.base, c.direct) && !(box.flat && w.o.CarveAll) {
		m.Kind, m.Status, m.Notes = Container, evidence.Skipped, []string{box.note()}
		if c.direct {
			m.Status = evidence.Failed // it was asked for, and nothing of it could be read
		}
		return
	}
	image, isImage := rawOf(head)
	switch {
	case h == hintAside:
		m.Kind, m.Status, m.Notes = Aside, evidence.Skipped, []string{"it belongs to the queue and holds no jobs"}
	case h == hintArchive:
		m.Kind = Archive
	case h == hintLog:
		m.Kind = DatabaseLog
	case h == hintEvents && c.size <= smallCarve:
		m.Kind, m.Notes = EventLog, []string{"its first bytes are not those of an event log: it is searched for what is left of one"}
	case (h == hintQueue || h == hintReserve || m.unit.downloader) && c.size <= smallCarve:
		m.Kind = Raw
		if h == hintQueue {
			m.Notes = []string{"it is named like a queue, and its first bytes are not those of one: it is searched for what is left"}
		}
	case qmgr.Identify(head) == qmgr.KindRecord && c.size <= smallCarve: // a record by itself
		m.Kind = Raw
	case c.direct, w.o.CarveAll:
		m.Kind = Raw
		if isImage {
			m.Notes = []string{"it is " + image + ": it is searched byte by byte, and files in it are not put together"}
		} else if c.direct {
			m.Notes = []string{"its kind is not known: it is searched for what is left of jobs and events"}
		}
	case isImage && h == hintImage, h == hintImage && c.size > smallCarve:
		m.Kind, m.Status = Raw, evidence.Skipped
		if !isImage {
			image = "perhaps an image"
		}
		m.Notes = []string{fmt.Sprintf("it is %s, of %d bytes: name it itself to have it searched, or all such files with --carve", image, c.size)}
	default:
		m.Status = evidence.Skipped
		if h == hintQueue || h == hintEvents {
			m.Notes = []string{fmt.Sprintf("it is named like evidence, its first bytes are not, and it has %d bytes: name it itself to have it searched", c.size)}
		}
	}
}

// unsure looks into a database that nothing but its format speaks for: Windows has many of them.
func (w *walker) unsure(m *Member, c candidate) {
	if c.size > maxUnsure {
		m.Kind, m.Status = Other, evidence.Skipped
		return
	}
	s, err := c.source.open(w.ctx)
	if err != nil {
		w.unread(m, "it cannot be read: "+reason(err))
		return
	}
	defer s.release()
	db, err := ese.Open(s, s.size)
	if err != nil {
		m.Kind, m.Status = Other, evidence.Skipped
		return
	}
	if tables, _ := db.Tables(); len(tables) > 0 { // without a catalog it may be anything
		_, jobs := db.Table("Jobs")
		_, files := db.Table("Files")
		if jobs != nil || files != nil {
			m.Kind, m.Status = Other, evidence.Skipped
		}
	}
}
