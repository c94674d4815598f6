// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"errors"
	"fmt"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/qmgr"
)

const (
	// smallRaw is up to which size, in bytes, a file is read as one thing: then its records can be tied to each other.
	smallRaw = 64 << 20
	// maxCarved bounds the records that are kept of one image.
	maxCarved = 200_000
)

// raw searches a file of no known kind for what is left of queues and of events.
func (r *reader) raw(i int, in *evidence.Input, c *collect.Content) {
	before := len(r.out.Jobs) + len(r.out.Files)
	switch {
	case c.Size <= smallRaw:
		q, err := qmgr.Read(c, c.Size, qmgr.Options{Fragments: true})
		if err == nil {
			r.take(i, q, carvedLayer(q))
			r.about(in, q)
		} else if !errors.Is(err, qmgr.ErrNoQueue) {
			in.Status, in.Notes = evidence.Partial, append(in.Notes, err.Error())
		}
	default:
		r.carve(i, in, c)
	}
	t := &tally{channels: map[string]bool{}}
	for _, part := range c.Extents {
		if r.ctx.Err() != nil {
			break
		}
		r.recovered(i, evtx.Carve(part.Of(c), part.Size), part.Offset, t)
	}
	found := len(r.out.Jobs) + len(r.out.Files) - before
	in.Kind = string(collect.Raw)
	if in.About == nil {
		in.About = map[string]string{}
	}
	in.About["records"], in.About["taken"] = fmt.Sprint(found), fmt.Sprint(t.taken)
	if found+t.taken == 0 && r.ctx.Err() == nil && in.Status == evidence.Read {
		in.Status = evidence.Skipped
		in.Notes = append(in.Notes, "neither a job nor an event was found in it")
	}
}

// carvedLayer is the layer of records in a file that is no queue: carved, whatever they look like.
func carvedLayer(q *qmgr.Queue) evidence.Layer {
	if q.Kind == qmgr.KindDatabase || q.Kind == qmgr.KindQueue {
		return ""
	}
	return evidence.Carved
}

// carve searches an image part by part, without its holes.
func (r *reader) carve(i int, in *evidence.Input, c *collect.Content) {
	var n notes
	kept := 0
	for _, part := range c.Extents {
		for f, err := range qmgr.Carve(part.Of(c), part.Size, qmgr.Options{Fragments: true}) {
			if r.ctx.Err() != nil {
				return
			}
			if err != nil {
				n.add(err.Error())
				continue
			}
			if kept++; kept > maxCarved {
				n.add(fmt.Sprintf("there is more in it than %d records: the rest was left out", maxCarved))
				break
			}
			r.found(i, f, part.Offset)
		}
	}
	if len(n.list) > 0 {
		in.Status, in.Notes = evidence.Partial, append(in.Notes, n.list...)
	}
}

// found takes a carved record; base is where the part that it lies in begins.
func (r *reader) found(i int, f qmgr.Found, base int64) {
	if f.Job != nil {
		f.Job.Place.Offset += base
		for _, t := range f.Job.Files {
			if t.File != nil {
				t.File.Place.Offset += base
			}
		}
		r.out.Jobs = append(r.out.Jobs, job(f.Job, i, evidence.Carved))
	}
	if f.File != nil {
		f.File.Place.Offset += base
		r.out.Files = append(r.out.Files, file(f.File, i, evidence.Carved))
	}
}
