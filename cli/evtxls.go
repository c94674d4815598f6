// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) evtxLs() *cobra.Command {
	json := false
	c := &cobra.Command{
		Use:   "ls FILE",
		Short: "say what a Windows event log holds",
		Long: `ls counts what a log holds: its header, its chunks with the ranges of their records, the time that the events span, gaps in the
numbers of records, events by channel, provider and id, and what can be recovered besides ("bits evtx dump" prints that).`,
		Example: "  bits evtx ls Bits-Client.evtx",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, carved, err := a.survey(args[0])
			if err != nil {
				return err
			}
			if json {
				return writeJSON(a.Out, surveyJSON(s, carved))
			}
			printSurvey(a.Out, s, carved)
			return nil
		},
	}
	c.Flags().BoolVar(&json, "json", false, "print JSON")
	return c
}

// survey looks a whole file over.
func (a *app) survey(path string) (*evtx.Survey, bool, error) {
	log, carved, done, err := a.openLog(path)
	if err != nil {
		return nil, false, err
	}
	defer done()
	s := log.Survey()
	if carved && len(s.Layers) == 0 && len(s.Problems) == 0 {
		return nil, false, noLog(path)
	}
	return s, carved, nil
}

func printSurvey(w io.Writer, s *evtx.Survey, carved bool) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	if carved {
		line("file", "no event log; %d bytes were searched for pieces of one", s.Size)
	} else {
		line("file", "event log, %d bytes", s.Size)
		line("header", "%s", headerWords(&s.Header))
	}
	line("events", "%d", s.Layers[evtx.Live])
	if !s.First.IsZero() {
		line("time", "%s to %s (UTC)", s.First.Format(time.DateTime), s.Last.Format(time.DateTime))
	}
	if len(s.Computers) > 0 {
		line("computers", "%s", term.Plain(strings.Join(s.Computers, ", ")))
	}
	if s.Exported {
		line("exported", "records are numbered anew: the log is a copy of events of another one")
	}
	line("gaps", "%s", gapWords(s.Gaps))
	line("recovered", "%s", recoveredWords(s))
	line("problems", "%s", problemWords(s))
	if len(s.Chunks) > 0 {
		fmt.Fprintf(w, "\n%5s %10s  %-21s %-9s %s\n", "CHUNK", "OFFSET", "RECORDS", "LAYER", "HEADER")
	}
	for _, c := range s.Chunks {
		fmt.Fprintf(w, "%5d %#10x  %-21s %-9s %s\n", c.Number, c.Offset, fmt.Sprintf("%d-%d", c.FirstID, c.LastID), c.Layer, fits(c.HeaderValid))
	}
	if len(s.Kinds) > 0 {
		fmt.Fprintf(w, "\n%7s %6s  %s\n", "EVENTS", "ID", "PROVIDER (CHANNEL)")
	}
	for _, k := range s.Kinds {
		fmt.Fprintf(w, "%7d %6d  %s (%s)\n", k.Count, k.ID, term.Plain(k.Provider), term.Plain(k.Channel))
	}
}

func headerWords(h *evtx.Header) string {
	if !h.Found {
		return "gone"
	}
	state := "clean"
	if h.Dirty() {
		state = "dirty: the log was open, and the header is older than the log"
	}
	if h.Full() {
		state += ", full: events were lost"
	}
	return fmt.Sprintf("version %d.%d, %s, next record %d, checksum %s; %s", h.Major, h.Minor, count(int(h.ChunkCount), "chunk"), h.NextRecord, fits(h.Valid), state)
}

func fits(ok bool) string {
	if ok {
		return "good"
	}
	return "wrong"
}

func gapWords(gaps []evtx.Gap) string {
	if len(gaps) == 0 {
		return "none"
	}
	var parts []string
	for i, g := range gaps {
		if i == 10 {
			parts = append(parts, fmt.Sprintf("and %d more", len(gaps)-i))
			break
		}
		if g.From == g.To {
			parts = append(parts, fmt.Sprint(g.From))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", g.From, g.To))
		}
	}
	return strings.Join(parts, ", ")
}

// recoveredWords says what there is beside live events, and how much is left of all.
func recoveredWords(s *evtx.Survey) string {
	var where, how []string
	for _, layer := range []evtx.Layer{evtx.Unlisted, evtx.Slack, evtx.Carved} {
		if n := s.Layers[layer]; n > 0 {
			where = append(where, fmt.Sprintf("%d %s", n, layer))
		}
	}
	for _, state := range []evtx.State{evtx.Borrowed, evtx.Nameless, evtx.Partial} {
		if n := s.States[state]; n > 0 {
			how = append(how, fmt.Sprintf("%d %s", n, state))
		}
	}
	text := "none"
	if len(where) > 0 {
		text = strings.Join(where, ", ")
	}
	if len(how) > 0 {
		text += "; of all events " + strings.Join(how, ", ")
	}
	return text
}

func problemWords(s *evtx.Survey) string {
	n := len(s.Problems) + s.More
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf(`%d; "bits evtx check" lists them`, n)
}
