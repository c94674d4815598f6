// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/openbits/openbits/evtx"
	"github.com/openbits/openbits/internal/term"
)

func (a *app) evtxCheck() *cobra.Command {
	json := false
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "say what is damaged in a Windows event log",
		Long: `check compares all checksums of a log and reads all of its events, and says what is damaged and where. It exits with 0 when nothing
is damaged, and with 5 when something is. That a log is dirty, or that numbers of records are missing, is said but is no damage: so are logs that
were copied from a running machine or exported.`,
		Example: "  bits evtx check Bits-Client.evtx || echo damaged",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, carved, err := a.survey(args[0])
			if err != nil {
				return err
			}
			if json {
				err = writeJSON(a.Out, surveyJSON(s, carved))
			} else {
				printEvtxCheck(a.Out, s, carved)
			}
			if err == nil && (carved || len(s.Problems) > 0) {
				return damaged(args[0], "it is damaged", "What is whole can be read: \"bits evtx dump\".")
			}
			return err
		},
	}
	c.Flags().BoolVar(&json, "json", false, "print JSON")
	return c
}

func printEvtxCheck(w io.Writer, s *evtx.Survey, carved bool) {
	if carved {
		fmt.Fprintln(w, "damaged: this is no event log, but pieces of one are in it")
	}
	for _, p := range s.Problems {
		fmt.Fprintf(w, "damaged: %s\n", term.Plain(p.Error()))
	}
	if s.More > 0 {
		fmt.Fprintf(w, "damaged: and %s more\n", count(s.More, "place"))
	}
	if s.Header.Dirty() {
		fmt.Fprintln(w, "note: the log is dirty: it was open when it was copied, and its header is older than its events")
	}
	if s.Header.Full() {
		fmt.Fprintln(w, "note: the log was full: events were lost")
	}
	if len(s.Gaps) > 0 {
		fmt.Fprintf(w, "note: records are missing: %s\n", gapWords(s.Gaps))
	}
	if words := recoveredWords(s); words != "none" {
		fmt.Fprintf(w, "note: besides the events that the log counts there are others: %s\n", words)
	}
	if !carved && len(s.Problems) == 0 {
		fmt.Fprintf(w, "good: %s, %s, all checksums fit\n", count(len(s.Chunks), "chunk"), count(s.Layers[evtx.Live], "event"))
	}
}

// surveyOut is the JSON of ls and check.
type surveyOut struct {
	Log       bool               `json:"log"` // false: pieces in a file that is no log
	Size      int64              `json:"size"`
	Header    *headerOut         `json:"header"` // null: it is gone
	Chunks    []chunkOut         `json:"chunks"`
	First     *time.Time         `json:"first_event"`
	Last      *time.Time         `json:"last_event"`
	Computers []string           `json:"computers"`
	Exported  bool               `json:"exported"`
	Gaps      [][2]uint64        `json:"gaps"` // first and last missing number
	Layers    map[evtx.Layer]int `json:"layers"`
	States    map[evtx.State]int `json:"states"`
	Kinds     []kindOut          `json:"kinds"`
	Problems  []problemOut       `json:"problems"`
	More      int                `json:"more_problems"`
}

type headerOut struct {
	Version    string `json:"version"`
	Checksum   bool   `json:"checksum_valid"`
	Dirty      bool   `json:"dirty"`
	Full       bool   `json:"full"`
	Chunks     int    `json:"chunks"`
	NextRecord uint64 `json:"next_record"`
}

type chunkOut struct {
	Number   int        `json:"number"`
	Offset   int64      `json:"offset"`
	Layer    evtx.Layer `json:"layer"`
	Checksum bool       `json:"header_valid"`
	First    uint64     `json:"first_record"`
	Last     uint64     `json:"last_record"`
}

type kindOut struct {
	Channel  string `json:"channel"`
	Provider string `json:"provider"`
	ID       int    `json:"event_id"`
	Count    int    `json:"count"`
}

type problemOut struct {
	Chunk  *int   `json:"chunk"`
	Offset int64  `json:"offset"`
	Record uint64 `json:"record,omitempty"`
	Text   string `json:"text"`
}

func surveyJSON(s *evtx.Survey, carved bool) surveyOut {
	out := surveyOut{
		Log: !carved, Size: s.Size, Computers: append([]string{}, s.Computers...), Exported: s.Exported, Layers: s.Layers, States: s.States,
		Chunks: []chunkOut{}, Gaps: [][2]uint64{}, Kinds: []kindOut{}, Problems: []problemOut{}, More: s.More,
	}
	if h := &s.Header; h.Found {
		out.Header = &headerOut{fmt.Sprintf("%d.%d", h.Major, h.Minor), h.Valid, h.Dirty(), h.Full(), int(h.ChunkCount), h.NextRecord}
	}
	if !s.First.IsZero() {
		out.First, out.Last = &s.First, &s.Last
	}
	for _, c := range s.Chunks {
		out.Chunks = append(out.Chunks, chunkOut{c.Number, c.Offset, c.Layer, c.HeaderValid, c.FirstID, c.LastID})
	}
	for _, g := range s.Gaps {
		out.Gaps = append(out.Gaps, [2]uint64{g.From, g.To})
	}
	for _, k := range s.Kinds {
		out.Kinds = append(out.Kinds, kindOut(k))
	}
	for _, p := range s.Problems {
		one := problemOut{Offset: p.Offset, Record: p.Record, Text: p.Text}
		if p.Chunk != evtx.NoChunk {
			one.Chunk = &p.Chunk
		}
		out.Problems = append(out.Problems, one)
	}
	return out
}
