// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package ese

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Severity is how much a finding of a check matters.
type Severity string

const (
	// SeverityDamage: data is missing or may be wrong.
	SeverityDamage Severity = "damage"
	// SeverityNote: worth knowing, and no damage.
	SeverityNote Severity = "note"
)

// Finding is one thing that a check has to say.
type Finding struct {
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind,omitempty"`
	Page     uint32   `json:"page,omitempty"`   // 0: about no page
	Offset   *int64   `json:"offset,omitempty"` // in the input
	Text     string   `json:"text"`
}

// TreeReport is what a check found of a tree.
type TreeReport struct {
	Name      string   `json:"name"`
	Kind      TreeKind `json:"kind"`
	Object    uint32   `json:"object"`
	Root      uint32   `json:"root"`
	Depth     int      `json:"depth"` // levels of pages
	Pages     int      `json:"pages"` // reached by links, without those that account for space
	Leaves    int      `json:"leaves"`
	Nodes     int      `json:"nodes"` // on leaves
	Deleted   int      `json:"deleted"`
	Versioned int      `json:"versioned"`
}

// LongValueReport is what a check found of the long values of a table.
type LongValueReport struct {
	Table      string `json:"table"`
	Count      int    `json:"count"`
	Orphans    int    `json:"orphans"`    // by their own count
	Unpointed  int    `json:"unpointed"`  // counted as in use, but no live row points to them
	Incomplete int    `json:"incomplete"` // a part is missing or damaged
	Missing    int    `json:"missing"`    // a live row points to them, and they are not there
}

// Report is the result of DB.Check.
type Report struct {
	PageSize     int               `json:"page_size"`
	Pages        int               `json:"pages"`
	Good         int               `json:"good"`
	Corrected    int               `json:"corrected"`
	Damaged      int               `json:"damaged"`
	Blank        int               `json:"blank"`
	Unreadable   int               `json:"unreadable"`
	Unreferenced []uint32          `json:"unreferenced"` // pages that no tree leads to
	Trees        []TreeReport      `json:"trees"`
	LongValues   []LongValueReport `json:"long_values"`
	Findings     []Finding         `json:"findings"`
	More         int               `json:"more,omitempty"` // findings that were left out
}

// maxFindings bounds a report. A damaged database of a million pages has a finding for each.
const maxFindings = 1000

// Sound reports whether nothing was found that is damage.
func (r *Report) Sound() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == SeverityDamage })
}

func (r *Report) say(s Severity, err error) {
	if len(r.Findings) >= maxFindings {
		r.More++
		return
	}
	f := Finding{Severity: s, Kind: KindOf(err), Text: err.Error()}
	var e *Error
	if errors.As(err, &e) {
		if e.Page != NoPage {
			f.Page = e.Page
		}
		if e.Offset >= 0 {
			f.Offset = &e.Offset
		}
	}
	if !slices.ContainsFunc(r.Findings, func(old Finding) bool { return old.Text == f.Text }) {
		r.Findings = append(r.Findings, f)
	}
}

func (r *Report) damage(err error) { r.say(SeverityDamage, err) }

func (r *Report) note(format string, args ...any) {
	r.say(SeverityNote, otherError("", "", -1, format, args...))
}

// Check reads the whole database: headers, the checksum of each page, each tree's
// order and links, the long values.
func (db *DB) Check() *Report {
	r := &Report{PageSize: db.pageSize}
	for _, err := range db.notes {
		r.damage(err)
	}
	if h := db.header; h != nil && h.State != StateClean {
		r.note("the database is %s: what its logs hold beyond it is not seen here", h.State)
		if needed := h.Needed(); len(needed) > 0 {
			r.note("to make it whole, the logs of generations %d to %d are needed", needed[0], needed[len(needed)-1])
		}
	}
	db.checkPages(r)
	tables, errs := db.Tables()
	for _, err := range errs {
		r.damage(err)
	}
	names := map[uint32]string{systemObject: "the file", catalogObject: "MSysObjects", shadowObject: "MSysObjectsShadow"}
	for _, t := range tables {
		names[t.Object], names[t.LVObject] = t.Name, t.Name
		for _, i := range t.Indexes {
			if !i.Primary {
				names[i.Object] = t.Name + "." + i.Name
			}
		}
	}
	for _, t := range db.knownTrees() {
		c := treeCheck{db: db, tree: t, report: r, out: TreeReport{
			Name: names[t.Object], Kind: t.Kind, Object: t.Object, Root: t.Root,
		}, seen: map[uint32]bool{}}
		c.run()
		r.Trees = append(r.Trees, c.out)
	}
	for _, t := range tables {
		r.checkLongValues(t)
	}
	for p, err := range db.Unreferenced() {
		if err == nil {
			r.Unreferenced = append(r.Unreferenced, p.Number)
		}
	}
	if n := len(r.Unreferenced); n > 0 {
		r.note("no tree leads to %s that %s not blank", plural(n, "page"), map[bool]string{true: "is", false: "are"}[n == 1])
	}
	return r
}

func (db *DB) checkPages(r *Report) {
	for p, err := range db.Pages() {
		r.Pages++
		if err != nil {
			r.Unreadable++
			r.damage(err)
			continue
		}
		switch p.Status {
		case PageGood:
			r.Good++
		case PageCorrected:
			r.Corrected++
		case PageDamaged:
			r.Damaged++
		case PageBlank:
			r.Blank++
			continue
		}
		if err := p.Damage(); err != nil {
			r.damage(err)
		} else if !p.consistent() {
			r.damage(pageError(KindPage, p.Number, p.Offset, "its checksum is right, but its nodes overlap or leave other than %d bytes free", p.Free))
		}
	}
	if r.Pages > 0 && r.Blank == r.Pages {
		r.damage(otherError(KindPage, "the database", -1, "all %d pages are blank", r.Pages))
	}
}

// treeCheck checks one tree.
type treeCheck struct {
	db     *DB
	tree   *Tree
	report *Report
	out    TreeReport
	seen   map[uint32]bool
	todo   []step
	last   *Page  // the leaf before
	key    []byte // the last key before
}

type step struct {
	page  uint32
	depth int
	leaf  bool // its parent says that it is a leaf
	any   bool // it has no parent
}

func (c *treeCheck) run() {
	c.todo = []step{{page: c.tree.Root, depth: 1, any: true}}
	for len(c.todo) > 0 {
		s := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.page(s)
	}
	if c.last != nil && c.last.Next != 0 {
		c.wrong(c.last, "the tree ends with it, but page %d is said to follow", c.last.Next)
	}
}

func (c *treeCheck) wrong(p *Page, format string, args ...any) {
	c.report.damage(pageError(KindTree, p.Number, p.Offset, "%s: %s", c.name(), fmt.Sprintf(format, args...)))
}

func (c *treeCheck) name() string {
	return fmt.Sprintf("tree %d (%s of %s)", c.tree.Object, map[TreeKind]string{
		TreeTable: "records", TreeIndex: "index", TreeLongValues: "long values",
	}[c.tree.Kind], c.out.Name)
}

func (c *treeCheck) page(s step) {
	if c.seen[s.page] {
		c.report.damage(pageError(KindTree, s.page, -1, "%s: two pages lead to it", c.name()))
		return
	}
	c.seen[s.page] = true
	p, err := c.db.Page(s.page)
	switch {
	case err != nil:
		c.report.damage(err)
		return
	case p.Status == PageBlank:
		c.wrong(p, "it is blank, but the tree leads to it")
		return
	case p.ObjectID != c.tree.Object:
		c.wrong(p, "the tree leads to it, but it belongs to tree %d", p.ObjectID)
		return
	case p.fault != nil:
		return // said already
	}
	c.out.Pages++
	c.out.Depth = max(c.out.Depth, s.depth)
	if !s.any && s.leaf != p.Leaf() {
		c.wrong(p, "its parent has it at another level")
	}
	if p.Leaf() {
		c.leafPage(p)
		return
	}
	first := len(c.todo)
	for n, err := range p.Nodes() {
		if err != nil {
			c.report.damage(err)
			continue
		}
		c.todo = append(c.todo, step{page: u32(n.Data, 0), depth: s.depth + 1, leaf: p.Flags&FlagParentOfLeaf != 0})
	}
	slices.Reverse(c.todo[first:])
}

func (c *treeCheck) leafPage(p *Page) {
	c.out.Leaves++
	if c.last != nil && (c.last.Next != p.Number || p.Prev != c.last.Number) {
		c.wrong(p, "it follows page %d, but they do not name each other as neighbours", c.last.Number)
	}
	c.last = p
	for n, err := range p.Nodes() {
		if err != nil {
			c.report.damage(err)
			continue
		}
		c.out.Nodes++
		if n.Deleted() {
			c.out.Deleted++
		}
		if n.Flags&NodeVersioned != 0 {
			c.out.Versioned++
		}
		if bytes.Compare(n.Key, c.key) < 0 {
			c.wrong(p, "the key of tag %d is lower than the one before", n.Tag)
		}
		c.key = n.Key
	}
}

func (r *Report) checkLongValues(t *Table) {
	if t.LongValueTree() == nil {
		return
	}
	refs, err := t.References()
	for _, e := range unjoin(err) {
		r.damage(e)
	}
	out := LongValueReport{Table: t.Name}
	for lv, err := range t.LongValues() {
		if err != nil {
			r.damage(err)
			continue
		}
		out.Count++
		switch {
		case lv.Orphan():
			out.Orphans++
		case refs[lv.ID] == 0:
			out.Unpointed++
		}
		if err := lv.whole(); err != nil {
			out.Incomplete++
			r.damage(err)
		}
		delete(refs, lv.ID)
	}
	for id := range refs {
		out.Missing++
		r.damage(otherError(KindLongValue, "the long value "+id.String(), -1, "a row of table %q points to it, but it is not there", t.Name))
	}
	if n := out.Orphans + out.Unpointed; n > 0 {
		r.note("table %q has %s that no row points to: former values", t.Name, plural(n, "long value"))
	}
	r.LongValues = append(r.LongValues, out)
}

// whole says what is missing of a long value. Encryption and unknown compression do not count.
func (v *LongValue) whole() error {
	_, err := v.Bytes()
	if errors.Is(err, KindEncrypted) || errors.Is(err, KindUnsupported) {
		return nil
	}
	return err
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
