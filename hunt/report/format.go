// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/openbits/openbits/hunt/evidence"
	"github.com/openbits/openbits/internal/term"
)

// Format is one way to write a report.
type Format struct {
	Name  string // on the command line
	About string // what it is for, as a clause
	Parts []Part // one; csv has several
}

// Part is what becomes one file.
type Part struct {
	File  string // its name in a folder
	Write func(w io.Writer, r *evidence.Report, look Look) error
}

// Look is how a report for people is shown. The zero value is that of a file.
type Look struct {
	Width int // columns of the terminal; 0: nothing is cut, and sentences end at about 100
	Style term.Style
}

// Formats lists all formats.
var Formats = []Format{
	{"table", "for people, on a terminal", []Part{{"report.txt", writeTable}}},
	{"html", "for people: one file with timelines that can be searched, and needs no network", []Part{{"report.html", writeHTML}}},
	{"json", "everything; \"bits hunt\" reads it again", []Part{{"report.json", writeJSON}}},
	{"jsonl", "everything, a record a line", []Part{{"report.jsonl", writeJSONL}}},
	{"csv", "for spreadsheets: findings, jobs, versions, files, timeline, events, inputs, summary", csvParts},
	{"timesketch", "for Timesketch: a moment a line", []Part{{"timesketch.jsonl", writeTimesketch}}},
	{"ecs", "for Elasticsearch: Elastic Common Schema 8, a document a line", []Part{{"ecs.ndjson", writeECS}}},
	{"stix", "for threat intelligence: a STIX 2.1 bundle of the findings", []Part{{"stix.json", writeSTIX}}},
	{"navigator", "for the ATT&CK Navigator: a layer of the findings", []Part{{"navigator.json", writeNavigator}}},
}

// Names are the names of all formats.
func Names() []string {
	var names []string
	for _, f := range Formats {
		names = append(names, f.Name)
	}
	return names
}

// Find is the format of that name.
func Find(name string) (Format, bool) {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return Formats[i], true
}

// Write writes all parts one after another, with an empty line between.
func (f Format) Write(w io.Writer, r *evidence.Report, look Look) error {
	out := bufio.NewWriterSize(w, 1<<16)
	for i, p := range f.Parts {
		if i > 0 {
			if _, err := out.WriteString("\n"); err != nil {
				return err
			}
		}
		if err := p.Write(out, r, look); err != nil {
			return err
		}
	}
	return out.Flush()
}

// WriteFile writes all parts into one file. It appears under its name, in place of one that stood there, only when it is whole.
func (f Format) WriteFile(path string, r *evidence.Report) error {
	return whole(path, func(w io.Writer) error { return f.Write(w, r, Look{}) })
}

// WriteFolder writes each part into a file of a folder, which is made when it does not exist, and answers their names.
func (f Format) WriteFolder(dir string, r *evidence.Report) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var names []string
	for _, p := range f.Parts {
		name := filepath.Join(dir, p.File)
		if err := whole(name, func(w io.Writer) error { return p.Write(w, r, Look{}) }); err != nil {
			return names, err
		}
		names = append(names, name)
	}
	return names, nil
}

// whole makes a file that is never seen half written.
func whole(path string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeTo(path, write) // a device or a pipe
	}
	part := path + ".part"
	_ = os.Remove(part) // of a run that was killed; creating it exclusively follows no link
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(part)
		}
	}()
	out := bufio.NewWriterSize(f, 1<<16)
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(part, path)
}

func writeTo(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return f.Close()
}

func writeJSON(w io.Writer, r *evidence.Report, _ Look) error { return r.WriteJSON(w) }
