// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits"
	"github.com/openbits/openbits/ese"
	"github.com/openbits/openbits/internal/size"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) ese() *cobra.Command {
	c := &cobra.Command{
		Use:   "ese",
		Short: "read an ESE database, such as BITS's queue qmgr.db",
		Long: `ese reads databases of Microsoft's Extensible Storage Engine, damaged ones too: what is damaged is told on stderr with
page and offset, and everything else is read. It never writes to them. Windows keeps the queue of BITS in such a database,
ProgramData\Microsoft\Network\Downloader\qmgr.db. No service is needed.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.eseLs(), a.eseDump(), a.eseCheck())
	return c
}

// eseFile is the file of a command and how it is to be read.
type eseFile struct {
	recover  bool
	pageSize int
}

func (f *eseFile) flags(c *cobra.Command) {
	c.Flags().BoolVar(&f.recover, "recover", false, "put the database together from pages found anywhere in the file, such as a disk image")
	c.Flags().IntVar(&f.pageSize, "page-size", 0, "size of a page in `bytes`, when the header is lost and it cannot be found out")
}

// openEvidence opens a plain file to be read.
func openEvidence(path string) (*os.File, int64, error) {
	refused := func(err error) error {
		hint := ""
		switch {
		case errors.Is(err, os.ErrPermission):
			hint = "Run this as an account that may read it, or read a copy."
		case errors.Is(err, os.ErrNotExist):
			hint = "On a running Windows the database is in use: copy its whole folder from a shadow copy first."
		}
		var cause *os.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return usage(path, err.Error(), hint)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, refused(err)
	}
	if !info.Mode().IsRegular() {
		what := "it is no plain file"
		if info.IsDir() {
			what = "it is a folder"
		}
		return nil, 0, usage(path, what, "Name a file in it, or an image of it as a file.")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, refused(err)
	}
	return file, info.Size(), nil
}

// open opens a database. The caller closes the file.
func (f *eseFile) open(path string) (*ese.DB, *os.File, error) {
	file, length, err := openEvidence(path)
	if err != nil {
		return nil, nil, err
	}
	options := ese.Options{PageSize: f.pageSize}
	var db *ese.DB
	if f.recover {
		db, err = ese.Recover(file, length, options)
	} else {
		db, err = ese.OpenWith(file, length, options)
	}
	if err == nil {
		return db, file, nil
	}
	defer func() { _ = file.Close() }()
	hint := ""
	switch _, notLog := ese.OpenLog(file, length); {
	case notLog == nil:
		hint = "It is a log of such a database; \"bits ese ls\" shows what it holds. The database lies beside it."
	case !f.recover:
		hint = "If pages of one may lie anywhere in it, use --recover."
	}
	return nil, nil, usage(path, err.Error(), hint)
}

// warn tells of damage, once for each text.
type warn struct {
	out  io.Writer
	path string
	said map[string]bool
	lost bool // what was told may have cost data
}

func (w *warn) damage(err error) {
	if w.lost = w.lost || !errors.Is(err, ese.KindCorrected); w.said == nil {
		w.said = map[string]bool{}
	}
	if text := err.Error(); !w.said[text] {
		w.said[text] = true
		fmt.Fprintf(w.out, "bits: %s: %s\n", w.path, term.Plain(text))
	}
}

// err is the error that ends a command whose output is not whole. db is nil for a log.
func (w *warn) err(db *ese.DB) error {
	if !w.lost {
		return nil
	}
	hint := ""
	if db != nil {
		hint = fmt.Sprintf("\"bits ese check %s\" tells all that is damaged.", w.path)
		if db.Header() == nil {
			hint += " Pages may also lie elsewhere in the file: --recover."
		}
	}
	return damaged(w.path, "parts of it are damaged: what is printed is not all", hint)
}

func damaged(path, text, hint string) error {
	return &openbits.Error{
		Op: "read all of", Object: path, Kind: openbits.KindDatabaseCorrupt, Context: openbits.ContextNone, Text: text, Hint: hint, File: -1,
	}
}

type eseTableLine struct {
	Name       string        `json:"name"`
	Source     ese.Source    `json:"source"`
	Object     uint32        `json:"object"`
	Root       uint32        `json:"root"`
	Template   string        `json:"template,omitempty"`
	Rows       int           `json:"rows"`    // live ones
	Deleted    int           `json:"deleted"` // marked as deleted, still there
	LongValues int           `json:"long_values"`
	Orphans    int           `json:"orphans"` // long values that no row points to, by their own count
	Columns    []*ese.Column `json:"columns"`
	Indexes    []ese.Index   `json:"indexes"`
}

type eseListing struct {
	File      string         `json:"file"`
	Size      int64          `json:"size"`
	Header    *ese.Header    `json:"header"` // null: lost
	PageSize  int            `json:"page_size"`
	PageCount uint32         `json:"page_count"`
	Needed    []uint32       `json:"needed_logs"`
	Tables    []eseTableLine `json:"tables"`
	Damage    []string       `json:"damage"`
}

func (a *app) eseLs() *cobra.Command {
	var asJSON, columns bool
	var f eseFile
	c := &cobra.Command{
		Use:   "ls FILE",
		Short: "list the tables of an ESE database",
		Long: `ls prints the state of a database and a line for each table: where its description comes from, the root page of its
tree, its live rows and those marked as deleted, its long values and those that no row points to. Of a log file (edb.log)
it prints the header and how many records there are.`,
		Example: "  bits ese ls qmgr.db\n  bits ese ls --columns qmgr.db\n  bits ese ls --recover disk.img",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			db, file, err := f.open(args[0])
			if err != nil {
				if log, file := eseLog(args[0]); log != nil {
					defer func() { _ = file.Close() }()
					return a.eseLogList(log, args[0], asJSON)
				}
				return err
			}
			defer func() { _ = file.Close() }()
			return a.eseList(db, file, args[0], asJSON, columns)
		},
	}
	f.flags(c)
	c.Flags().BoolVar(&columns, "columns", false, "list the columns of each table, too")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func (a *app) eseList(db *ese.DB, file *os.File, path string, asJSON, columns bool) error {
	w := warn{out: a.Err, path: path}
	l := eseListing{File: path, Header: db.Header(), PageSize: db.PageSize(), PageCount: db.PageCount(), Needed: []uint32{}, Tables: []eseTableLine{}, Damage: []string{}}
	if info, err := file.Stat(); err == nil {
		l.Size = info.Size()
	}
	if l.Header != nil {
		l.Needed = append(l.Needed, l.Header.Needed()...)
	}
	note := func(err error) {
		w.damage(err)
		l.Damage = append(l.Damage, err.Error())
	}
	for _, err := range db.Notes() {
		note(err)
	}
	tables, errs := db.Tables()
	for _, err := range errs {
		note(err)
	}
	for _, t := range tables {
		l.Tables = append(l.Tables, eseCount(t, note))
	}
	var err error
	if asJSON {
		err = writeJSON(a.Out, l)
	} else {
		err = l.print(a.Out, columns)
	}
	if err != nil {
		return err
	}
	return w.err(db)
}

func eseCount(t *ese.Table, note func(error)) eseTableLine {
	line := eseTableLine{
		Name: t.Name, Source: t.Source, Object: t.Object, Root: t.Root, Template: t.Template,
		Columns: append([]*ese.Column{}, t.Columns...), Indexes: append([]ese.Index{}, t.Indexes...),
	}
	for row, err := range t.Rows() {
		switch {
		case err != nil:
			note(err)
		case row.Deleted():
			line.Deleted++
		default:
			line.Rows++
		}
	}
	for lv, err := range t.LongValues() {
		if err != nil {
			note(err)
			continue
		}
		line.LongValues++
		if lv.Orphan() {
			line.Orphans++
		}
	}
	return line
}

func (l eseListing) print(to io.Writer, columns bool) error {
	out := bufio.NewWriter(to)
	fact := func(name, value string) { fmt.Fprintf(out, "%-10s %s\n", name, value) }
	if h := l.Header; h != nil {
		fact("format", fmt.Sprintf("%#x revision %d, pages of %s", h.Version, h.Update, size.Bytes(int64(l.PageSize))))
		fact("state", h.State.String())
		if h.OS.Major != 0 {
			fact("windows", fmt.Sprintf("%d.%d build %d", h.OS.Major, h.OS.Minor, h.OS.Build))
		}
		if !h.Signature.Created.IsZero() {
			fact("created", h.Signature.Created.Format(time.DateTime))
		}
		if len(l.Needed) > 0 {
			fact("logs", fmt.Sprintf("changes in generations %d to %d are not seen here", l.Needed[0], l.Needed[len(l.Needed)-1]))
		}
	} else {
		fact("format", fmt.Sprintf("the header is lost, pages of %s", size.Bytes(int64(l.PageSize))))
	}
	fact("pages", fmt.Sprint(l.PageCount))
	fmt.Fprintln(out)
	tab := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tab, "TABLE\tFROM\tROOT\tCOLUMNS\tROWS\tDELETED\tLONG VALUES\tORPHANS")
	for _, t := range l.Tables {
		fmt.Fprintf(tab, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", term.Plain(t.Name), t.Source, t.Root, len(t.Columns), t.Rows, t.Deleted, t.LongValues, t.Orphans)
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	if columns {
		for _, t := range l.Tables {
			fmt.Fprintf(out, "\n%s\n", term.Plain(t.Name))
			for _, c := range t.Columns {
				fmt.Fprintln(tab, strings.Join([]string{"  " + fmt.Sprint(c.ID), term.Plain(c.Name), c.Type.String()}, "\t"))
			}
			if err := tab.Flush(); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}
