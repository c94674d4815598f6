// SPDX-FileCopyrightText: The openbits authors
// SPDX-License-Identifier: Apache-2.0

package docgen

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openbits/openbits"
)

const generated = "<!-- Made by internal/docgen from comments in the code: change those, then run go test ./internal/docgen -update. -->\n"

// page is a growing Markdown page.
type page struct{ strings.Builder }

func newPage(title string) *page {
	p := &page{}
	p.line("# " + title)
	p.line(generated)
	return p
}

func (p *page) line(text string) { p.WriteString(text + "\n") }

func (p *page) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	p.line("| " + strings.Join(cells, " | ") + " |")
}

func (p *page) head(cells ...string) {
	p.row(cells...)
	p.row(slices.Repeat([]string{"---"}, len(cells))...)
}

func code(text string) string { return "`" + text + "`" }

// Errors is docs/errors.md. root is the folder of package openbits.
func Errors(root string) (string, error) {
	kinds, err := Constants(filepath.Join(root, "kind.go"), "Kind")
	if err != nil {
		return "", err
	}
	contexts, err := Constants(filepath.Join(root, "error.go"), "Context")
	if err != nil {
		return "", err
	}
	p := newPage("Errors")
	p.line(`Every error has a *kind*: a stable word to compare with, in Go by ` + "`errors.Is(err, openbits.KindNotFound)`" + `,
in the API as the problem's ` + code("code") + `, in job JSON as ` + code("error.code") + `. A job whose failure heals by itself is in state
` + code("transient_error") + ` meanwhile; every other failure of a file waits for its owner. ` + code("bits explain KIND") + ` says what to do.`)
	group := ""
	for _, c := range kinds {
		if c.Group != group {
			group = c.Group
			p.line("\n## " + group + "\n")
			p.head("kind", "meaning", "tried again by itself")
		}
		p.row(code(c.Value), c.Text, again(openbits.Kind(c.Value)))
	}
	p.line("\n## HTTP statuses\n")
	p.line("A status of the server that is an error has the kind " + code("http_") + " and its number. These are tried again by themselves:")
	p.line(strings.Join(transientStatuses(), ", ") + ".")
	p.line("\n## Where it went wrong\n")
	p.line("An error of a transfer also has a context (BITS: `BG_ERROR_CONTEXT`).\n")
	p.head("context", "meaning")
	for _, c := range contexts {
		p.row(code(c.Value), c.Text)
	}
	return p.String(), nil
}

func again(k openbits.Kind) string {
	switch {
	case k.Blocking():
		return "when the machine changes"
	case k.Transient():
		return "yes, after a while"
	default:
		return "no"
	}
}

// transientStatuses lists the statuses in runs, such as "502–504".
func transientStatuses() []string {
	var list []string
	for from := 400; from <= 599; from++ {
		if !openbits.KindHTTP(from).Transient() {
			continue
		}
		to := from
		for to < 599 && openbits.KindHTTP(to+1).Transient() {
			to++
		}
		if to > from {
			list = append(list, fmt.Sprintf("%d–%d", from, to))
		} else {
			list = append(list, fmt.Sprint(from))
		}
		from = to
	}
	return list
}

// Reasons is docs/reasons.md.
func Reasons(root string) (string, error) {
	reasons, err := Constants(filepath.Join(root, "reason.go"), "ReasonCode")
	if err != nil {
		return "", err
	}
	p := newPage("Reasons")
	p.line(`Every job that does not move, or only as a trickle, has a reason: a code of this list, a sentence with the particulars,
since when, until when if time ends it, and what would end it otherwise. ` + code("bits why JOB") + ` shows it.
`)
	p.head("code", "meaning")
	for _, c := range reasons {
		p.row(code(c.Value), c.Text)
	}
	err = p.network(root)
	return p.String(), err
}

// network tells of the words of a transport, which explain the reason yielding.
func (p *page) network(root string) error {
	p.line("\n## The network under a job that moves\n")
	p.line(`While a job moves, ` + code("bits show JOB") + ` and its ` + code("transport") + ` in the API tell how its connections share their path,
and with whom. ` + code("bits top") + ` shows it live.`)
	for _, list := range []struct{ title, typ string }{{"mode", "TransportMode"}, {"rival", "Rival"}} {
		words, err := Constants(filepath.Join(root, "transport.go"), list.typ)
		if err != nil {
			return err
		}
		p.line("")
		p.head(list.title, "meaning")
		for _, c := range words {
			if c.Value != "" {
				p.row(code(c.Value), c.Text)
			}
		}
	}
	return nil
}

// Events is docs/events.md.
func Events(root string) (string, error) {
	events, err := Constants(filepath.Join(root, "event.go"), "EventType")
	if err != nil {
		return "", err
	}
	updates, err := Constants(filepath.Join(root, "request.go"), "UpdateKind")
	if err != nil {
		return "", err
	}
	p := newPage("Events")
	p.line(`The service keeps a record of what became of every job. Each entry has a sequence number that only grows; a reader that
was away goes on from the last one it saw. ` + code("bits watch") + ` shows them as they happen.
`)
	p.head("type", "meaning")
	for _, c := range events {
		p.row(code(c.Value), c.Text)
	}
	p.line("\nThe event stream of the API wraps them in messages:\n")
	p.head("message", "meaning")
	for _, c := range updates {
		p.row(code(c.Value), c.Text)
	}
	return p.String(), nil
}
