// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/term"
)

// eventFilter says which events are wanted, and how they are printed.
type eventFilter struct {
	format, ids, provider, since string
	live, json, copies           bool

	wanted []int
	from   time.Time
}

func (a *app) evtxDump() *cobra.Command {
	f := new(eventFilter)
	c := &cobra.Command{
		Use:   "dump FILE",
		Short: "print the events of a Windows event log",
		Long: `dump prints the events of a log, oldest first, and then those that were recovered: from behind the last record of chunks, from
chunks that the log does not count, and from anywhere else in the file. Each says where it was found (layer live, unlisted, slack or
carved) and how complete it is (whole, borrowed, nameless or partial). A recovered event that is a copy of one printed before, by number, time
and content, is only counted. What could not be read is told on standard error.`,
		Example: "  bits evtx dump Bits-Client.evtx --id 3,59,60\n  bits evtx dump Security.evtx --format jsonl --since 2024-05-01",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.parse(); err != nil {
				return err
			}
			return a.dumpLog(c.Context(), args[0], f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.format, "format", "table", "`F` is table, json (an array), jsonl (an object a line) or xml")
	flags.BoolVar(&f.json, "json", false, "the same as --format json")
	flags.StringVar(&f.ids, "id", "", "only events with these `IDS`, such as 3,59,60")
	flags.StringVar(&f.provider, "provider", "", "only events of providers with `NAME` in their name, in any case of letters")
	flags.StringVar(&f.since, "since", "", "only events from this `TIME` on: 2024-05-01, or 2024-05-01T13:00:00Z (UTC), or a span before now such as 48h")
	flags.BoolVar(&f.live, "live", false, "leave out what was recovered")
	flags.BoolVar(&f.copies, "copies", false, "print recovered copies of events, too")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]cobra.Completion{"table", "json", "jsonl", "xml"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// parse checks the flags.
func (f *eventFilter) parse() error {
	if f.json {
		f.format = "json"
	}
	if !slices.Contains([]string{"table", "json", "jsonl", "xml"}, f.format) {
		return usage("--format", `there is no format "`+f.format+`"`, "Formats are: table, json, jsonl, xml.")
	}
	for text := range strings.SplitSeq(f.ids, ",") {
		if f.ids == "" {
			break
		}
		id, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || id < 0 || id > 65535 {
			return usage("--id", `"`+text+`" is no event id`, "Write numbers from 0 to 65535 with commas, such as 3,59,60.")
		}
		f.wanted = append(f.wanted, id)
	}
	var err error
	f.from, err = since(f.since)
	return err
}

// since reads the time of a flag --since; the zero time when there is none.
func since(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if span, err := time.ParseDuration(text); err == nil && span > 0 {
		return time.Now().Add(-span), nil
	}
	return time.Time{}, usage("--since", `"`+text+`" is no time`, "Write it like 2024-05-01, 2024-05-01T13:00:00Z or 48h.")
}

func (f *eventFilter) fits(e *evtx.Event) bool {
	return (f.wanted == nil || slices.Contains(f.wanted, e.System.ID)) &&
		strings.Contains(strings.ToLower(e.System.Provider), strings.ToLower(f.provider)) &&
		!e.Time().Before(f.from)
}

func (a *app) dumpLog(ctx context.Context, path string, f *eventFilter) error {
	log, carved, done, err := a.openLog(path)
	if err != nil {
		return err
	}
	defer done()
	out := bufio.NewWriter(a.Out)
	defer func() { _ = out.Flush() }() // what was read before an interrupt
	d := &logDump{path: term.Plain(path), errs: a.Err, filter: f, printer: &eventPrinter{w: out, format: f.format}}
	if err := d.each(ctx, log.Events()); err != nil {
		return err
	}
	if !f.live {
		if err := d.each(ctx, log.Recovered()); err != nil {
			return err
		}
	}
	if err := d.printer.end(); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if carved && d.found == 0 && d.damaged == 0 {
		return noLog(path)
	}
	d.tell()
	return nil
}

// logDump prints the events of a log and counts what it does not print.
type logDump struct {
	path    string
	errs    io.Writer
	filter  *eventFilter
	printer *eventPrinter
	seen    evtx.Seen // what was printed

	found, damaged, copies int
}

func (d *logDump) each(ctx context.Context, events iter.Seq2[*evtx.Event, error]) error {
	for e, err := range events {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			d.damaged++
			fmt.Fprintf(d.errs, "bits: %s: %s\n", d.path, term.Plain(err.Error()))
			continue
		}
		if d.found++; !d.filter.fits(e) {
			continue
		}
		if d.copied(e) {
			d.copies++
			continue
		}
		if err := d.printer.print(e); err != nil {
			return err
		}
	}
	return nil
}

// copied reports whether an event was recovered and is a copy of one that was printed.
func (d *logDump) copied(e *evtx.Event) bool {
	if d.filter.copies || d.filter.live {
		return false
	}
	return d.seen.Add(e) && e.Place.Layer != evtx.Live
}

// tell says what was not printed.
func (d *logDump) tell() {
	if d.copies > 0 {
		fmt.Fprintf(d.errs, "bits: %s: %s not printed, being copies of others; --copies prints them\n", d.path, count(d.copies, "recovered event"))
	}
	if d.filter.format == "table" && d.printer.count == 0 {
		fmt.Fprintf(d.errs, "no event fits, of %s\n", count(d.found, "event"))
	}
}

// eventPrinter prints events in one of the formats.
type eventPrinter struct {
	w      io.Writer
	format string
	count  int
	buf    []byte
}

func (p *eventPrinter) print(e *evtx.Event) error {
	p.count++
	b := p.buf[:0]
	switch p.format {
	case "xml":
		if p.count == 1 {
			b = append(b, "<Events>\n"...)
		}
		if e.Place.Layer != evtx.Live || e.State != evtx.Whole {
			b = fmt.Appendf(b, "<!-- layer %s, state %s, offset 0x%x, record %d -->\n", e.Place.Layer, e.State, e.Place.Offset, e.Record)
		}
		b = append(e.AppendXML(b), '\n')
	case "jsonl":
		b = append(e.AppendJSON(b), '\n')
	case "json":
		b = append(b, map[bool]string{true: "[\n", false: ",\n"}[p.count == 1]...)
		b = e.AppendJSON(b)
	default:
		if p.count == 1 {
			b = fmt.Appendf(b, "%-23s %10s %6s %-8s %-8s %s\n", "TIME (UTC)", "RECORD", "ID", "LAYER", "STATE", "PROVIDER AND DATA")
		}
		b = appendRow(b, e)
	}
	p.buf = b
	_, err := p.w.Write(b)
	return err
}

func (p *eventPrinter) end() error {
	text := ""
	switch {
	case p.format == "xml" && p.count == 0:
		text = "<Events></Events>\n"
	case p.format == "xml":
		text = "</Events>\n"
	case p.format == "json" && p.count == 0:
		text = "[]\n"
	case p.format == "json":
		text = "\n]\n"
	}
	_, err := io.WriteString(p.w, text)
	return err
}

// appendRow writes an event as a line of a table: control characters are made visible, since whoever wrote the event chose them.
func appendRow(b []byte, e *evtx.Event) []byte {
	id := "-"
	if e.System.ID != evtx.Absent {
		id = strconv.Itoa(e.System.ID)
	}
	record := e.System.RecordID
	if record == 0 {
		record = e.Record
	}
	b = fmt.Appendf(b, "%-23s %10d %6s %-8s %-8s %s", e.Time().Format("2006-01-02 15:04:05.000"), record, id, e.Place.Layer, e.State,
		term.Plain(e.System.Provider))
	for _, field := range e.Fields() {
		b = fmt.Appendf(b, "  %s=%s", term.Plain(field.Name), term.Plain(field.Value.String()))
	}
	return append(b, '\n')
}
