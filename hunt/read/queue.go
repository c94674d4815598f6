// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package read

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/hunt/collect"
	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/qmgr"
)

// generation is a transaction log of a database.
type generation struct {
	input int
	name  string
	log   ese.Log
}

// database is a queue in a database.
type database struct {
	input  int
	header *ese.Header
}

// queue reads a database or file of a queue.
func (r *reader) queue(i int, in *evidence.Input, m *collect.Member, c *collect.Content) {
	q, err := qmgr.Read(c, c.Size, qmgr.Options{})
	if err != nil {
		in.Status = evidence.Failed
		in.Notes = append(in.Notes, err.Error())
		return
	}
	if q.Header != nil {
		r.dbs = append(r.dbs, database{i, q.Header})
	}
	if q.Kind == qmgr.KindQueue {
		in.Kind = string(collect.QueueFile)
	}
	r.take(i, q, "")
	r.about(in, q)
	if q.Windows != "" && (r.out.Windows == "" || m.Kind == collect.QueueDB) {
		r.out.Windows = q.Windows
	}
}

// about says what the queue is and what is wrong with it.
func (r *reader) about(in *evidence.Input, q *qmgr.Queue) {
	a := map[string]string{}
	set := func(k, v string) {
		if v != "" && v != "0" {
			a[k] = v
		}
	}
	set("windows", q.Windows)
	set("build", strconv.FormatUint(uint64(q.Build), 10))
	set("state", q.State)
	set("generations_needed", spans(q.Needed))
	if q.Log != nil {
		set("generation", strconv.FormatUint(uint64(q.Log.Generation), 10))
	}
	layers := map[qmgr.Layer]int{}
	for _, j := range q.Jobs {
		layers[j.Place.Layer]++
	}
	for l, n := range layers {
		set("jobs_"+string(l), strconv.Itoa(n))
	}
	set("records_rejected", strconv.Itoa(q.Rejected))
	set("fragments", strconv.Itoa(len(q.Fragments)))
	if len(a) > 0 {
		in.About = a
	}
	var n notes
	for _, err := range q.Notes {
		n.add(err.Error())
	}
	if len(n.list) > 0 {
		in.Status = evidence.Partial
		in.Notes = append(in.Notes, n.list...)
		if n.more > 0 {
			in.Notes = append(in.Notes, fmt.Sprintf("and %d more of the like", n.more))
		}
	}
}

// take makes evidence of all records of a queue.
func (r *reader) take(i int, q *qmgr.Queue, layer evidence.Layer) {
	taken := map[*qmgr.Job]bool{}
	for _, h := range q.Histories() {
		for _, v := range h.Versions {
			s := job(v, i, layer)
			if s.ID == "" { // a file's id ties the record to the job
				s.ID = guid(h.ID)
				s.Ref = cmp.Or(s.ID, s.Ref)
			}
			taken[v] = true
			r.out.Jobs = append(r.out.Jobs, s)
		}
	}
	for _, j := range slices.Concat(q.Jobs, q.Fragments) {
		if !taken[j] {
			r.out.Jobs = append(r.out.Jobs, job(j, i, layer))
		}
	}
	for _, f := range q.Loose() {
		r.out.Files = append(r.out.Files, file(f, i, layer))
	}
}

// databaseLog searches a transaction log.
func (r *reader) databaseLog(i int, in *evidence.Input, c *collect.Content) {
	q, err := qmgr.ReadLog(c, c.Size, qmgr.Options{})
	if err != nil {
		in.Status = evidence.Failed
		in.Notes = append(in.Notes, err.Error())
		return
	}
	r.take(i, q, "")
	r.about(in, q)
	if q.Log != nil {
		name := in.Path[strings.LastIndexByte(in.Path, '/')+1:]
		r.logs = append(r.logs, generation{i, name, ese.Log{Header: q.Log}})
	}
}

// generations says of each database that was not closed which of its logs are there. That alone is no fault of the input.
func (r *reader) generations() {
	for _, db := range r.dbs {
		in := &r.out.Inputs[db.input]
		needed := db.header.Needed()
		if len(needed) == 0 {
			if db.header.State == ese.StateDirty {
				in.Notes = append(in.Notes, "the database was not closed (dirty)")
			}
			continue
		}
		var logs []*ese.Log
		for k := range r.logs {
			logs = append(logs, &r.logs[k].log)
		}
		missing := ese.MissingGenerations(*db.header, logs...)
		var here []string
		for k := range r.logs {
			g := r.logs[k].log.Header
			if slices.Contains(needed, g.Generation) && !slices.Contains(missing, g.Generation) {
				here = append(here, fmt.Sprintf("%s (%d)", r.logs[k].name, g.Generation))
			}
		}
		note := "the database was not closed (" + db.header.State.String() + "): the newest changes are only in its logs of " + generationWord(needed)
		if len(here) > 0 {
			note += "; searched, not replayed: " + strings.Join(here, ", ")
		}
		if len(missing) > 0 {
			if in.About == nil {
				in.About = map[string]string{}
			}
			in.About["generations_missing"] = spans(missing)
			note += "; absent: " + spans(missing) + " (edb*.log of the same folder)"
		}
		in.Notes = append(in.Notes, note)
	}
}

func generationWord(list []uint32) string {
	if len(list) == 1 {
		return "generation " + spans(list)
	}
	return "generations " + spans(list)
}

// spans writes numbers in order as "3, 5-8".
func spans(list []uint32) string {
	var b strings.Builder
	for i := 0; i < len(list); {
		k := i
		for k+1 < len(list) && list[k+1] == list[k]+1 {
			k++
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d", list[i])
		if k > i {
			fmt.Fprintf(&b, "-%d", list[k])
		}
		i = k + 1
	}
	return b.String()
}
