// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/internal/term"
)

// eseRow is a row, or a long value that no row points to, as dump prints it.
type eseRow struct {
	Table   string         `json:"table"`
	Page    uint32         `json:"page"`
	Tag     int            `json:"tag"`
	Offset  int64          `json:"offset"`
	Via     ese.Via        `json:"via"`
	Status  ese.PageStatus `json:"page_status"`
	Deleted bool           `json:"deleted"`
	Orphan  string         `json:"orphan,omitempty"` // the id of the long value
	Values  []eseValue     `json:"values"`
}

type eseValue struct {
	Column string         `json:"column"`
	Type   ese.ColumnType `json:"type"`
	Value  any            `json:"value"` // bytes as hexadecimal digits; null
	LID    string         `json:"long_value,omitempty"`
	Error  string         `json:"error,omitempty"` // the value is not whole
}

type eseDumper struct {
	app     *app
	format  string
	all     bool
	deleted bool
	orphans bool
	limit   int
	file    eseFile

	out   *bufio.Writer
	array array
	count int
	warn  warn
}

func (a *app) eseDump() *cobra.Command {
	d := eseDumper{app: a}
	c := &cobra.Command{
		Use:   "dump FILE [TABLE]",
		Short: "print the rows of an ESE database",
		Long: `dump prints the rows of a table, or of all tables but the system's own, with their long values. Binary values are
hexadecimal digits, times are UTC. The table format cuts long values; json and jsonl print them whole.`,
		Example: "  bits ese dump qmgr.db Jobs\n  bits ese dump --orphans --format jsonl qmgr.db Jobs",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(eseFormats, d.format) {
				return usage("--format", `"`+d.format+`" is no format`, "Formats are: "+strings.Join(eseFormats, ", ")+".")
			}
			return d.run(args)
		},
	}
	d.file.flags(c)
	c.Flags().StringVar(&d.format, "format", "table", "table, json (an array) or jsonl (an object a line)")
	c.Flags().BoolVar(&d.all, "all", false, "also the system's own tables")
	c.Flags().BoolVar(&d.deleted, "deleted", false, "also rows that are marked as deleted")
	c.Flags().BoolVar(&d.orphans, "orphans", false, "also long values that no row points to: former contents of rows")
	c.Flags().IntVar(&d.limit, "limit", 48, "characters of a value in the table format; 0 all")
	asJSON := c.Flags().Bool("json", false, "the same as --format json")
	c.PreRun = func(*cobra.Command, []string) {
		if *asJSON {
			d.format = "json"
		}
	}
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(eseFormats, cobra.ShellCompDirectiveNoFileComp))
	return c
}

var eseFormats = []string{"table", "json", "jsonl"}

func (d *eseDumper) run(args []string) error {
	db, file, err := d.file.open(args[0])
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	d.warn = warn{out: d.app.Err, path: args[0]}
	d.out = bufio.NewWriter(d.app.Out)
	d.array = array{w: d.out}
	for _, err := range db.Notes() {
		d.warn.damage(err)
	}
	tables, errs := db.Tables()
	for _, err := range errs {
		d.warn.damage(err)
	}
	var names []string
	found := false
	for _, t := range tables {
		names = append(names, t.Name)
		if len(args) > 1 && t.Name != args[1] || len(args) == 1 && !d.all && strings.HasPrefix(t.Name, "MSys") {
			continue
		}
		found = true
		if err := d.table(t); err != nil {
			return err
		}
	}
	if len(args) > 1 && !found {
		if len(names) == 0 {
			return d.warn.err(db)
		}
		return usage("TABLE", `there is no table "`+args[1]+`"`, "Tables are: "+term.Plain(strings.Join(names, ", "))+".")
	}
	if d.format == "json" {
		if err := d.array.end(); err != nil {
			return err
		}
		fmt.Fprintln(d.out)
	}
	if err := d.out.Flush(); err != nil {
		return err
	}
	return d.warn.err(db)
}

func (d *eseDumper) table(t *ese.Table) error {
	for row, err := range t.Rows() {
		if err != nil {
			d.warn.damage(err)
			continue
		}
		if row.Deleted() && !d.deleted {
			continue
		}
		if err := d.row(row); err != nil {
			return err
		}
	}
	if !d.orphans {
		return nil
	}
	refs, _ := t.References() // what is damaged was told with the rows
	for lv, err := range t.LongValues() {
		if err != nil {
			d.warn.damage(err)
			continue
		}
		if refs[lv.ID] > 0 {
			continue
		}
		if err := d.orphan(t, lv); err != nil {
			return err
		}
	}
	return nil
}

func (d *eseDumper) row(row *ese.Row) error {
	r := eseRow{
		Table: row.Table.Name, Page: row.Page.Number, Tag: row.Tag, Offset: row.FileOffset(), Via: row.Via, Status: row.Page.Status,
		Deleted: row.Deleted(), Values: []eseValue{},
	}
	for v, err := range row.Values() {
		if err != nil {
			d.warn.damage(err)
			continue
		}
		out := eseValue{Column: v.Column.Name, Type: v.Column.Type}
		x, err := v.Any()
		if err != nil {
			d.warn.damage(err)
			out.Error = err.Error()
		}
		out.Value = readable(x)
		if id, ok := v.LID(); ok {
			out.LID = id.String()
		}
		r.Values = append(r.Values, out)
	}
	return d.print(r)
}

func (d *eseDumper) orphan(t *ese.Table, lv *ese.LongValue) error {
	place := lv.Root
	if !lv.HasRoot && len(lv.Chunks) > 0 {
		place = lv.Chunks[0].Place
	}
	r := eseRow{
		Table: t.Name, Page: place.Page, Tag: place.Tag, Offset: place.Offset, Via: place.Via, Status: place.Status,
		Deleted: lv.Deleted, Orphan: lv.ID.String(),
	}
	content, err := lv.Bytes()
	v := eseValue{Column: "", Type: ese.TypeLongBinary, Value: readable(content)}
	if err != nil {
		d.warn.damage(err)
		v.Error = err.Error()
	}
	r.Values = []eseValue{v}
	return d.print(r)
}

// readable is a value as JSON and people have it.
func readable(x any) any {
	switch x := x.(type) {
	case []byte:
		return hex.EncodeToString(x)
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case ese.GUID:
		return x.String()
	case float32, float64:
		return fmt.Sprint(x) // JSON has no infinity
	}
	return x
}

func (d *eseDumper) print(r eseRow) error {
	d.count++
	switch d.format {
	case "json":
		return d.array.add(r)
	case "jsonl":
		return writeJSON(d.out, r)
	}
	return d.printTable(d.out, r)
}

// printTable prints a row as a paragraph: columns of blobs do not fit side by side.
func (d *eseDumper) printTable(w io.Writer, r eseRow) error {
	if d.count > 1 {
		fmt.Fprintln(w)
	}
	what := "row"
	if r.Orphan != "" {
		what = "long value " + r.Orphan + ", no row points to it"
	}
	fmt.Fprintf(w, "%s: %s, page %d tag %d at %d", term.Plain(r.Table), what, r.Page, r.Tag, r.Offset)
	if r.Deleted {
		fmt.Fprint(w, ", deleted")
	}
	if r.Status != ese.PageGood {
		fmt.Fprintf(w, ", page %s", r.Status)
	}
	if r.Via != ese.ViaTree {
		fmt.Fprintf(w, ", found by %s", r.Via)
	}
	fmt.Fprintln(w)
	for _, v := range r.Values {
		text := "null"
		if v.Value != nil {
			text = d.shorten(term.Plain(fmt.Sprint(v.Value)))
		}
		if v.LID != "" {
			text += " (long value " + v.LID + ")"
		}
		if v.Error != "" {
			text += " (not whole)"
		}
		if _, err := fmt.Fprintf(w, "  %-12s %s\n", term.Plain(v.Column), text); err != nil {
			return err
		}
	}
	return nil
}

func (d *eseDumper) shorten(text string) string {
	if n := utf8.RuneCountInString(text); d.limit > 0 && n > d.limit {
		return string([]rune(text)[:d.limit]) + fmt.Sprintf("… (%d characters)", n)
	}
	return text
}
