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

// Transition is one rule of the engine's table, which this package must not import.
type Transition struct {
	On     string
	From   []openbits.State
	To     openbits.State // "": the state stays
	Does   []string
	Refuse openbits.Kind
}

// States is docs/states.md. root is the folder of package openbits; the events are
// explained in engine/transition.go beneath it.
func States(root string, table []Transition) (string, error) {
	states, err := Constants(filepath.Join(root, "state.go"), "State")
	if err != nil {
		return "", err
	}
	files, err := Constants(filepath.Join(root, "state.go"), "FileState")
	if err != nil {
		return "", err
	}
	events, err := Constants(filepath.Join(root, "engine", "transition.go"), "Event")
	if err != nil {
		return "", err
	}
	p := newPage("States")
	p.line("## Of a job\n")
	p.line("Names and numbers are those of BITS (`BG_JOB_STATE`).\n")
	p.head("state", "BITS", "meaning")
	for _, c := range states {
		p.row(code(c.Value), fmt.Sprint(openbits.State(c.Value).Number()), c.Text)
	}
	p.line("\n" + diagram(table))
	p.line("Any job that is not final can also be suspended, completed, cancelled, and expires at the end of its life.")
	p.line("\n## What happens to a job\n")
	p.line(`Each row is a rule of the table that the engine runs on: what the event does in these states. Where an event is not listed
for a state it is refused: an owner's call with the error shown below, news from the service by being dropped.

Effects: *requeue* queues failed and waiting files again and forgets the error; *stop* stops the job's transfers and keeps what
they received; *publish* gives whole files their names first, and unless that goes through the state stays; *sweep* deletes
the bytes of files that are not published; *schedule* looks for who runs next.
`)
	p.head("event", "in state", "becomes", "effects")
	for _, e := range events {
		for _, t := range table {
			if t.On == e.Value && t.Refuse == "" {
				p.row(code(t.On), join(t.From), target(t.To), strings.Join(t.Does, ", "))
			}
		}
	}
	p.line("")
	p.head("event", "meaning", "otherwise")
	for _, e := range events {
		p.row(code(e.Value), e.Text, refusals(e.Value, table))
	}
	p.line("\n## Of a file\n")
	p.head("state", "meaning")
	for _, c := range files {
		p.row(code(c.Value), c.Text)
	}
	return p.String(), nil
}

func join(list []openbits.State) string {
	var words []string
	for _, s := range list {
		words = append(words, code(string(s)))
	}
	return strings.Join(words, ", ")
}

func target(s openbits.State) string {
	if s == "" {
		return "the same"
	}
	return code(string(s))
}

func refusals(event string, table []Transition) string {
	var kinds []string
	for _, t := range table {
		if k := code(string(t.Refuse)); t.On == event && t.Refuse != "" && !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return strings.Join(kinds, " or ")
}

// everywhere are events that lead to the same state from nearly all others: the diagram
// would be nothing but their arrows.
var everywhere = []string{"suspend", "complete", "cancel", "expire"}

// diagram draws the table, with the events of one arrow in one label.
func diagram(table []Transition) string {
	type arrow struct{ from, to openbits.State }
	labels := map[arrow][]string{}
	var order []arrow
	for _, t := range table {
		if t.Refuse != "" || t.To == "" || slices.Contains(everywhere, t.On) {
			continue
		}
		for _, from := range t.From {
			a := arrow{from, t.To}
			if _, ok := labels[a]; !ok {
				order = append(order, a)
			}
			labels[a] = append(labels[a], t.On)
		}
	}
	slices.SortStableFunc(order, func(a, b arrow) int {
		if n := a.from.Number() - b.from.Number(); n != 0 {
			return n
		}
		return a.to.Number() - b.to.Number()
	})
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> suspended: create\n")
	for _, a := range order {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", a.from, a.to, strings.Join(labels[a], ", "))
	}
	for _, s := range openbits.States {
		if s.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n")
	return b.String()
}
