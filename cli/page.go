// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// page is a text with headings, lists and tables, for a terminal or as Markdown.
type page struct{ blocks []block }

// block is one part of a page.
type block struct {
	kind blockKind
	text string
	rows [][]string // of a table, its head first; of facts, pairs; of a list, items with their depth in blanks before them
}

type blockKind string

const (
	blockTitle   blockKind = "title"
	blockHeading blockKind = "heading"
	blockText    blockKind = "text"
	blockFacts   blockKind = "facts"
	blockList    blockKind = "list"
	blockTable   blockKind = "table"
	blockGraph   blockKind = "graph" // mermaid with the heading "Graph", in Markdown alone
)

func (p *page) title(text string) { p.blocks = append(p.blocks, block{kind: blockTitle, text: text}) }

func (p *page) heading(text string) {
	p.blocks = append(p.blocks, block{kind: blockHeading, text: text})
}

func (p *page) text(text string) { p.blocks = append(p.blocks, block{kind: blockText, text: text}) }

func (p *page) graph(text string) { p.blocks = append(p.blocks, block{kind: blockGraph, text: text}) }

// facts adds pairs of a name and a value; those without a value are left out.
func (p *page) facts(pairs ...[2]string) {
	b := block{kind: blockFacts}
	for _, pair := range pairs {
		if pair[1] != "" {
			b.rows = append(b.rows, pair[:])
		}
	}
	p.blocks = append(p.blocks, b)
}

// list adds items; two blanks before one put it beneath the one above.
func (p *page) list(items []string) {
	b := block{kind: blockList}
	for _, item := range items {
		b.rows = append(b.rows, []string{item})
	}
	p.blocks = append(p.blocks, b)
}

// table adds rows, the first of which is the head. In a text the last column, which may be long, stands beneath its row.
func (p *page) table(rows [][]string) {
	p.blocks = append(p.blocks, block{kind: blockTable, rows: rows})
}

func (p *page) write(w io.Writer, markdown bool) error {
	var b strings.Builder
	for i, part := range p.blocks {
		if part.kind == blockGraph && !markdown {
			continue
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		if markdown {
			part.markdown(&b)
		} else {
			part.plain(&b)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (b block) plain(w *strings.Builder) {
	switch b.kind {
	case blockHeading:
		fmt.Fprintf(w, "%s:\n", b.text)
	case blockFacts:
		width := widths(b.rows)[0]
		for _, row := range b.rows {
			fmt.Fprintf(w, "  %s  %s\n", padded(row[0], width), row[1])
		}
	case blockList:
		for _, row := range b.rows {
			fmt.Fprintf(w, "  %s\n", row[0])
		}
	case blockTable:
		wide, last := widths(b.rows), len(b.rows[0])-1
		for i, row := range b.rows {
			var line strings.Builder
			for j, cell := range row[:last] {
				line.WriteString("  " + padded(cell, wide[j]))
			}
			w.WriteString(strings.TrimRight(line.String(), " ") + "\n")
			if i > 0 && row[last] != "" {
				fmt.Fprintf(w, "    %s\n", row[last])
			}
		}
	default:
		fmt.Fprintf(w, "%s\n", b.text)
	}
}

func (b block) markdown(w *strings.Builder) {
	switch b.kind {
	case blockTitle:
		fmt.Fprintf(w, "# %s\n", b.text)
	case blockHeading:
		fmt.Fprintf(w, "## %s\n", b.text)
	case blockFacts:
		for _, row := range b.rows {
			fmt.Fprintf(w, "- **%s:** %s\n", row[0], row[1])
		}
	case blockList:
		for _, row := range b.rows {
			item := strings.TrimLeft(row[0], " ")
			fmt.Fprintf(w, "%s- %s\n", row[0][:len(row[0])-len(item)], item)
		}
	case blockTable:
		for i, row := range b.rows {
			for _, cell := range row {
				w.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
			}
			w.WriteString("|\n")
			if i == 0 {
				w.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
			}
		}
	case blockGraph:
		fmt.Fprintf(w, "## Graph\n\n```mermaid\n%s```\n", b.text)
	default:
		fmt.Fprintf(w, "%s\n", b.text)
	}
}

// widths are those of the columns, in characters.
func widths(rows [][]string) []int {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	return wide
}

func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}
