// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package sigma

import (
	"slices"
	"strconv"
	"strings"
)

// expr is a part of a detection: it holds of a record, or it does not.
type expr interface {
	match(r *Record) bool
	// bind answers the same with the places of its fields in a set's records.
	bind(b *binder) expr
	// ids are the only event ids that it can hold of; nil: it says nothing of them.
	ids() []int
}

type (
	and []expr
	or  []expr
	not struct{ of expr }
)

// search is a search identifier where the condition speaks of it, which may be often.
type search struct {
	name string
	of   expr
}

func (s search) match(r *Record) bool { return s.of.match(r) }
func (s search) bind(b *binder) expr  { return b.search(s) }
func (s search) ids() []int           { return s.of.ids() }

// binder binds the expressions of one rule; each search identifier once, however often the condition speaks of it.
type binder struct {
	slot  func(field string) int
	named map[string]expr
}

func (b *binder) search(s search) expr {
	e, ok := b.named[s.name]
	if !ok {
		e = s.of.bind(b)
		b.named[s.name] = e
	}
	return e
}

func (a and) match(r *Record) bool {
	for _, e := range a {
		if !e.match(r) {
			return false
		}
	}
	return true
}

func (o or) match(r *Record) bool {
	for _, e := range o {
		if e.match(r) {
			return true
		}
	}
	return false
}

func (n not) match(r *Record) bool { return !n.of.match(r) }

func bindAll(list []expr, b *binder) []expr {
	bound := make([]expr, len(list))
	for i, e := range list {
		bound[i] = e.bind(b)
	}
	return bound
}

func (a and) bind(b *binder) expr { return and(bindAll(a, b)) }
func (o or) bind(b *binder) expr  { return or(bindAll(o, b)) }
func (n not) bind(b *binder) expr { return not{n.of.bind(b)} }

func (a and) ids() []int {
	var all []int
	known := false
	for _, e := range a {
		switch ids := e.ids(); {
		case ids == nil: // it may hold of any
		case !known:
			all, known = ids, true
		default:
			all = slices.DeleteFunc(slices.Clone(all), func(id int) bool { return !slices.Contains(ids, id) })
		}
	}
	if known && all == nil {
		return []int{}
	}
	return all
}

func (o or) ids() []int {
	all := []int{}
	for _, e := range o {
		ids := e.ids()
		if ids == nil {
			return nil
		}
		if all = append(all, ids...); len(all) > maxIDs {
			return nil
		}
	}
	return all
}

// maxIDs bounds the event ids by which a rule is found; one that asks for more is tried on every event of its logs.
const maxIDs = 1000

func (n not) ids() []int { return nil }

// field is a test of a field's values: it holds when it holds of any.
type field struct {
	name string // in lower case

	slot int
	test test
}

func (f field) match(r *Record) bool {
	for i := range r.slots[f.slot] {
		if f.test.holds(&r.slots[f.slot][i]) {
			return true
		}
	}
	return false
}

func (f field) bind(b *binder) expr {
	f.slot = b.slot(f.name)
	return f
}

func (f field) ids() []int {
	if f.name != "eventid" {
		return nil
	}
	if x, ok := f.test.(exactly); ok {
		if id, err := strconv.Atoi(x.text); err == nil {
			return []int{id}
		}
	}
	return nil
}

// present tests whether a field is there.
type present struct {
	name string
	slot int
	want bool
}

func (p present) match(r *Record) bool { return len(r.slots[p.slot]) > 0 == p.want }
func (p present) ids() []int           { return nil }

func (p present) bind(b *binder) expr {
	p.slot = b.slot(p.name)
	return p
}

// blank holds when a field is absent or has nothing in it (null).
type blank struct {
	name string
	slot int
}

func (n blank) match(r *Record) bool {
	return !slices.ContainsFunc(r.slots[n.slot], func(v value) bool { return v.raw != "" })
}
func (n blank) ids() []int { return nil }

func (n blank) bind(b *binder) expr {
	n.slot = b.slot(n.name)
	return n
}

// alike compares two fields (fieldref).
type alike struct {
	name, other string
	slot, at    int
	where       place
	cased       bool
}

func (a alike) match(r *Record) bool {
	for i := range r.slots[a.slot] {
		for j := range r.slots[a.at] {
			v, w := r.slots[a.slot][i].text(a.cased), r.slots[a.at][j].text(a.cased)
			if a.where.holds(v, w) {
				return true
			}
		}
	}
	return false
}
func (a alike) ids() []int { return nil }

func (a alike) bind(b *binder) expr {
	a.slot, a.at = b.slot(a.name), b.slot(a.other)
	return a
}

// keyword is a test of every value of a record.
type keyword struct{ test test }

func (k keyword) match(r *Record) bool {
	for i := range r.all {
		if k.test.holds(&r.all[i]) {
			return true
		}
	}
	return false
}
func (k keyword) bind(*binder) expr { return k }
func (k keyword) ids() []int        { return nil }

// place says where in a value a text is looked for.
type place int

const (
	whole place = iota
	start
	end
	anywhere
)

func (p place) holds(value, text string) bool {
	switch p {
	case start:
		return strings.HasPrefix(value, text)
	case end:
		return strings.HasSuffix(value, text)
	case anywhere:
		return strings.Contains(value, text)
	default:
		return value == text
	}
}
